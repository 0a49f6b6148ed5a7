import { afterAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { activeRuns, endRun, look, makeRequirement, makeSetting, tasksOf } from './testing/setting'

afterAll(stopQueue)

const done = { status: 'finished', changed: false } as const

async function finishAll(setting: Awaited<ReturnType<typeof makeSetting>>, id: string): Promise<number> {
  const runs = await activeRuns(id)
  for (const run of runs) await endRun(setting.scope, run.id, done)
  await look(setting.scope, id)
  return runs.length
}

test('a finished task starts what waited for it in the same transaction, the critical path first', async () => {
  const setting = await makeSetting(1)
  const id = await makeRequirement(setting, [
    { id: 'T1' },
    { id: 'T2', dependsOn: ['T1'] },
    { id: 'T3', dependsOn: ['T1'] },
    { id: 'T4', dependsOn: ['T3'] },
  ])
  await look(setting.scope, id)
  expect(await tasksOf(id)).toMatchObject({
    T1: { status: 'running', nextActor: 'agent', nextActorName: 'Implementer' },
    T2: { status: 'waiting', nextReason: 'Waits for T1.' },
    T4: { nextReason: 'Waits for T3.' },
  })
  await finishAll(setting, id)
  expect(await tasksOf(id)).toMatchObject({
    T1: { status: 'done', nextActor: 'nobody' },
    T2: { status: 'ready', openDependencies: 0, nextReason: 'Waits for a slot of Implementer (1 of 1 busy).' },
    T3: { status: 'running' },
  })
  for (let round = 0; round < 3; round += 1) await finishAll(setting, id)
  expect(await database().requirement.findUniqueOrThrow({ where: { id } })).toMatchObject({
    verification: 'requested',
    nextActor: 'system',
    nextReason: 'Orchestrator re-runs every check on the merged result.',
  })
  expect(await database().taskDuration.findMany({ where: { organizationId: setting.scope.organizationId } })).toEqual([
    expect.objectContaining({ capability: 'code', finished: 4 }),
  ])
})

test('a task that can not be built takes what builds on it along, with the reason', async () => {
  const setting = await makeSetting()
  const id = await makeRequirement(setting, [
    { id: 'T1' },
    { id: 'T2', dependsOn: ['T1'] },
    { id: 'T3', dependsOn: ['T2'] },
    { id: 'T4' },
  ])
  await look(setting.scope, id)
  const run = (await activeRuns(id))[0]
  await endRun(setting.scope, run?.id as string, { status: 'failed', code: 'authentication' })
  await look(setting.scope, id)
  const asked = (await tasksOf(id)).T1
  expect(asked).toMatchObject({ status: 'asking', nextActor: 'group' })
  await database().decision.update({
    where: { id: asked?.nextActorId as string },
    data: { status: 'answered', answer: 'skip' },
  })
  await look(setting.scope, id)
  expect(await tasksOf(id)).toMatchObject({
    T1: { status: 'failed' },
    T2: { status: 'cancelled', statusReason: 'It builds on T1, which was not built.' },
    T3: { status: 'cancelled' },
    T4: { status: 'running' },
  })
})

test('limits hold over requirements that start runs at the same time, and free slots go round', async () => {
  const setting = await makeSetting(8)
  const { organizationId } = setting.scope
  await database().organization.update({ where: { id: organizationId }, data: { maxConcurrentRuns: 3 } })
  const many = Array.from({ length: 6 }, (_, index) => ({ id: `T${index + 1}` }))
  const ids = [await makeRequirement(setting, many), await makeRequirement(setting, many)]
  const other = await database().project.create({
    data: { organizationId, name: 'Other', slug: 'other', providerMode: 'scripted', maxConcurrentRuns: 1 },
  })
  ids.push(await makeRequirement(setting, many, other.id))
  await Promise.all(ids.flatMap((id) => [look(setting.scope, id), look(setting.scope, id)]))
  const count = () => database().run.count({ where: { organizationId, status: { in: ['queued', 'running'] } } })
  expect(await count()).toBe(3)
  const served = new Set<string>()
  for (let round = 0; round < 12; round += 1) {
    const run = await database().run.findFirstOrThrow({
      where: { organizationId, status: { in: ['queued', 'running'] } },
      orderBy: { createdAt: 'asc' },
    })
    served.add(run.requirementId)
    await endRun(setting.scope, run.id, done)
    const queue = [run.requirementId]
    for (let next = queue.shift(), guard = 0; next && guard < 20; next = queue.shift(), guard += 1) {
      queue.push(...(await look(setting.scope, next)))
    }
    expect(await count()).toBe(3)
    expect((await activeRuns(ids[2] as string)).length).toBeLessThanOrEqual(1)
  }
  expect(served.size).toBe(3)
})

test.each(['organization', 'project', 'provider'])(
  'the only slot of the %s goes round among those who want different agents',
  async (level) => {
    const setting = await makeSetting(8)
    const { organizationId } = setting.scope
    const { id: other } = await database().agent.create({
      data: { ...(await agentRow(setting.agents.coder)), name: 'Other' },
    })
    const most = { maxConcurrentRuns: 1 }
    if (level === 'organization') await database().organization.update({ where: { id: organizationId }, data: most })
    if (level === 'project') await database().project.update({ where: { id: setting.projectId }, data: most })
    if (level === 'provider') {
      await database().providerLimit.create({ data: { organizationId, provider: 'openai', maxConcurrent: 1 } })
    }
    const many = Array.from({ length: 6 }, (_, index) => ({ id: `T${index + 1}` }))
    const ids = [await makeRequirement(setting, many), await makeRequirement(setting, many)]
    for (const [index, wantedAgentId] of [setting.agents.coder, other].entries())
      await database().task.updateMany({ where: { requirementId: ids[index] }, data: { wantedAgentId } })
    for (const id of ids) await look(setting.scope, id)
    const served: string[] = []
    for (let round = 0; round < 6; round += 1) {
      const [run] = await database().run.findMany({ where: { organizationId, status: { in: ['queued', 'running'] } } })
      served.push(run?.requirementId as string)
      await endRun(setting.scope, run?.id as string, done)
      const queue = [run?.requirementId as string]
      for (let next = queue.shift(), guard = 0; next && guard < 20; next = queue.shift(), guard += 1) {
        queue.push(...(await look(setting.scope, next)))
      }
    }
    expect(ids.map((id) => served.filter((one) => one === id).length)).toEqual([3, 3])
  },
)

async function agentRow(id: string) {
  const { id: _, createdAt: __, ...row } = await database().agent.findUniqueOrThrow({ where: { id } })
  return row
}

test('tasks that would write the same files are kept apart, across requirements, and say so', async () => {
  const setting = await makeSetting()
  const first = await makeRequirement(setting, [{ id: 'T1', owns: ['src/**'] }])
  const second = await makeRequirement(setting, [
    { id: 'T1', owns: ['src/store.js'] },
    { id: 'T2', owns: ['docs/a.md'] },
  ])
  await look(setting.scope, first)
  await look(setting.scope, second)
  expect(await tasksOf(second)).toMatchObject({
    T1: { nextReason: 'Waits for T1 of R1: both own src/store.js.', statusReason: expect.stringMatching(/both own/) },
    T2: { status: 'running' },
  })
  const [run] = await activeRuns(first)
  await endRun(setting.scope, run?.id as string, done)
  expect(await look(setting.scope, first)).toContain(second)
  await look(setting.scope, second)
  expect((await tasksOf(second)).T1).toMatchObject({ status: 'running', blockedById: null })
})

test('what a run really changed counts as held, although the task never declared it', async () => {
  const setting = await makeSetting()
  const first = await makeRequirement(setting, [{ id: 'T1', owns: ['a'], checks: true }])
  await look(setting.scope, first)
  const [run] = await activeRuns(first)
  await database().run.update({ where: { id: run?.id }, data: { touched: ['lib/shared.js'] } })
  await endRun(setting.scope, run?.id as string, { status: 'finished', changed: true })
  await look(setting.scope, first)
  const second = await makeRequirement(setting, [{ id: 'T1', owns: ['lib/*.js'] }])
  await look(setting.scope, second)
  expect((await tasksOf(second)).T1?.nextReason).toBe('Waits for T1 of R1: both own lib/shared.js.')
})

test('an answer that comes while all slots are taken waits for one, and keeps its question', async () => {
  const setting = await makeSetting(1)
  const id = await makeRequirement(setting, [{ id: 'T1' }, { id: 'T2' }])
  await look(setting.scope, id)
  const [run] = await activeRuns(id)
  const { organizationId, projectId, taskId } = run as NonNullable<typeof run>
  const about = { organizationId, projectId, requirementId: id, taskId, runId: run?.id, dedupeKey: 'asked' }
  const options = [{ id: 'a', label: 'A', consequence: '', reversible: true }]
  const decision = await database().decision.create({
    data: { ...about, kind: 'agent_question', question: 'Which?', options },
  })
  await database().run.update({ where: { id: run?.id }, data: { status: 'asking' } })
  await look(setting.scope, id)
  expect(await tasksOf(id)).toMatchObject({ T1: { status: 'asking' }, T2: { status: 'running' } })
  await database().decision.update({ where: { id: decision.id }, data: { status: 'answered', answer: 'a' } })
  await look(setting.scope, id)
  expect((await tasksOf(id)).T1).toMatchObject({
    status: 'asking',
    nextActor: 'system',
    nextActorId: decision.id,
    nextReason: 'Waits for a slot of Implementer (1 of 1 busy).',
  })
  const [other] = await activeRuns(id)
  await endRun(setting.scope, other?.id as string, done)
  await look(setting.scope, id)
  expect((await tasksOf(id)).T1).toMatchObject({ status: 'running', nextActor: 'agent' })
})

test('nothing paused is started, and who paused it acts next', async () => {
  const setting = await makeSetting()
  const id = await makeRequirement(setting, [{ id: 'T1' }, { id: 'T2' }])
  await database().task.updateMany({ where: { requirementId: id, ref: 'T1' }, data: { pausedAt: new Date() } })
  await look(setting.scope, id)
  expect((await activeRuns(id)).length).toBe(1)
  await database().requirement.update({ where: { id }, data: { pausedAt: new Date(), pausedBy: 'Ana' } })
  await database().task.updateMany({ where: { requirementId: id, ref: 'T1' }, data: { pausedAt: null } })
  await look(setting.scope, id)
  expect((await activeRuns(id)).length).toBe(1)
  expect(await database().requirement.findUniqueOrThrow({ where: { id } })).toMatchObject({
    nextActor: 'person',
    nextActorName: 'Ana',
  })
})

test('a fan-out of a thousand tasks is one short tick', async () => {
  const setting = await makeSetting(2)
  const wide = Array.from({ length: 1_000 }, (_, index) => ({
    id: `T${index + 1}`,
    dependsOn: index === 0 ? [] : ['T1'],
  }))
  const id = await makeRequirement(setting, wide)
  await look(setting.scope, id)
  const [root] = await activeRuns(id)
  await endRun(setting.scope, root?.id as string, done)
  const before = performance.now()
  await look(setting.scope, id)
  // Generous: other work runs beside it. A tick that looked at each of the thousand tasks would take many seconds.
  expect(performance.now() - before).toBeLessThan(5_000)
  expect((await activeRuns(id)).length).toBe(2)
  expect(await database().task.count({ where: { requirementId: id, status: 'ready', openDependencies: 0 } })).toBe(997)
})
