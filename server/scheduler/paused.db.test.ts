/** Pauses and questions that cross: nothing is lost, and whoever is named acts next. */
import { afterAll, expect, test } from 'vitest'
import type { Scope } from '#server/auth/model'
import { raiseDecision } from '#server/decisions/commands'
import { changePlan } from '#server/planner/changes'
import type { Change, TaskChange } from '#server/planner/model'
import { settleDueChanges } from '#server/planner/settle'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { submitRequirement } from '#server/requirements/commands'
import { claimRun } from '#server/runs/states'
import { activeRuns, endRun, look, makeRequirement, makeSetting, type Setting, tasksOf } from './testing/setting'
import { watch } from './watch'

afterAll(stopQueue)

interface Scene {
  setting: Setting
  scope: Scope
  id: string
  runId: string
}

async function atWork(slots = 4): Promise<Scene> {
  const setting = await makeSetting(slots)
  const id = await makeRequirement(setting, [{ id: 'T1' }])
  await look(setting.scope, id)
  const [run] = await activeRuns(id)
  const runId = run?.id as string
  await claimRun(setting.scope, runId, 'worker')
  return { setting, scope: setting.scope, id, runId }
}

async function change({ scope, id }: Scene, given: Change | TaskChange['kind']): Promise<void> {
  const asked: Change =
    typeof given === 'string' ? { kind: 'revise', changes: [{ kind: given, task: 'T1' } as TaskChange] } : given
  await changePlan(scope, { requirementId: id, change: asked })
  await look(scope, id)
}

const run = ({ runId }: Scene) => database().run.findUniqueOrThrow({ where: { id: runId } })
const task = async ({ id }: Scene) => {
  const found = (await tasksOf(id)).T1
  if (!found) throw new Error('no T1')
  return found
}

/** A question of the run; laid aside with it, unless a pause came between. */
async function asks(scene: Scene, laidAside = true): Promise<string> {
  const { setting, scope, id, runId } = scene
  const { id: decisionId } = await raiseDecision(scope, {
    projectId: setting.projectId,
    requirementId: id,
    taskId: (await task(scene)).id,
    runId,
    kind: 'agent_question',
    question: 'Which?',
    why: '',
    options: ['a', 'b'].map((option) => ({ id: option, label: option, consequence: '', reversible: null })),
    dedupeKey: `call:${runId}`,
  } as Parameters<typeof raiseDecision>[1])
  if (laidAside) {
    await database().run.update({ where: { id: runId }, data: { status: 'asking' } })
    await look(scope, id)
  }
  return decisionId
}

const answer = (id: string) =>
  database().decision.update({
    where: { id },
    data: { status: 'answered', answer: 'a', answeredBy: 'Ben', answeredAt: new Date(), effectiveAt: null },
  })

/** Every deadline is over, as often as it takes until the watchdog would ask people. */
async function longTime({ id, scope }: Scene): Promise<void> {
  for (let times = 0; times < 6; times += 1) {
    for (const table of ['Requirement', 'Task', 'Run']) {
      const column = table === 'Requirement' ? 'id' : '"requirementId"'
      await database().$executeRawUnsafe(
        `update "${table}" set "nextDeadline" = now() - interval '2 minutes' where ${column} = $1::uuid`,
        id,
      )
    }
    await watch()
    await look(scope, id)
  }
}

test('a run that asked before is paused and goes on from its journal', async () => {
  const scene = await atWork()
  await answer(await asks(scene))
  await look(scene.scope, scene.id)
  await claimRun(scene.scope, scene.runId, 'worker')
  await change(scene, { kind: 'pause' })
  expect(await run(scene)).toMatchObject({ status: 'paused' })
  expect(await task(scene)).toMatchObject({ status: 'running', nextActor: 'person', attempt: 1 })
  await change(scene, { kind: 'resume' })
  expect((await activeRuns(scene.id)).map(({ id }) => id)).toEqual([scene.runId])
})

test('a pause between a question and its run being laid aside costs nothing', async () => {
  const scene = await atWork()
  const decision = await asks(scene, false)
  await change(scene, { kind: 'pause' })
  expect(await task(scene)).toMatchObject({ status: 'asking', nextActor: 'group', nextActorId: decision })
  await answer(decision)
  await look(scene.scope, scene.id)
  expect(await run(scene)).toMatchObject({ status: 'paused' })
  await change(scene, { kind: 'resume' })
  expect((await activeRuns(scene.id)).map(({ id }) => id)).toEqual([scene.runId])
  expect(await task(scene)).toMatchObject({ status: 'running', attempt: 1 })
})

test('an answer to what is paused does not set it going, and it says who does', async () => {
  const scene = await atWork()
  const decision = await asks(scene)
  await change(scene, { kind: 'pause' })
  expect(await task(scene)).toMatchObject({ nextActorId: decision })
  await answer(decision)
  await look(scene.scope, scene.id)
  const paused = { nextActor: 'person', nextReason: expect.stringMatching(/^Paused by .*until somebody resumes it/) }
  expect(await task(scene)).toMatchObject({ status: 'asking', ...paused })
  await change(scene, { kind: 'resume' })
  expect(await task(scene)).toMatchObject({ status: 'running', nextActor: 'agent' })
})

test('of two pauses one is lifted: it still rests, says so, and the watchdog leaves it alone', async () => {
  const scene = await atWork()
  await change(scene, 'pause-task')
  await change(scene, { kind: 'pause' })
  await change(scene, 'resume-task')
  expect(await task(scene)).toMatchObject({ status: 'running', nextActor: 'person' })
  await longTime(scene)
  expect(await run(scene)).toMatchObject({ status: 'paused' })
  expect(await task(scene)).toMatchObject({ status: 'running', nextActor: 'person' })
  expect(await database().decision.count({ where: { requirementId: scene.id } })).toBe(0)
})

test.each(['proving', 'merging'] as const)(
  'a pause of a task that is %s is lifted: it says what goes on',
  async (status) => {
    const scene = await atWork()
    const words = { proving: 're-runs the acceptance commands', merging: 'its turn in the queue' }[status]
    const { scope, setting, runId } = scene
    const { id } = await task(scene)
    await database().run.update({ where: { id: runId }, data: { status: 'finished', commit: 'c', baseCommit: 'b' } })
    const acceptance = [{ id: 'A1', text: 'works', command: 'true', proves: [] }]
    await database().task.update({ where: { id }, data: { status, acceptance } })
    const of = { organizationId: scope.organizationId, projectId: setting.projectId, taskId: id, runId }
    if (status === 'merging') await database().merge.create({ data: of })
    await change(scene, 'pause-task')
    expect(await task(scene)).toMatchObject({ status, nextActor: 'person' })
    await change(scene, 'resume-task')
    expect(await task(scene)).toMatchObject({ status, nextReason: expect.stringContaining(words) })
  },
)

test('while a change can be undone the rows say so, also after the scheduler has looked', async () => {
  const scene = await atWork()
  await change(scene, { kind: 'cancel' })
  const { nextReason } = await database().requirement.findUniqueOrThrow({ where: { id: scene.id } })
  expect(nextReason).toMatch(/cancelled R1\. It takes effect in 10 seconds unless somebody undoes it/)
  const other = await atWork()
  await change(other, 'cancel-task')
  expect((await task(other)).nextReason).toMatch(/cancelled T1\. It takes effect in 10 seconds/)
})

test('what goes on after a pause waits for a slot like everything else', async () => {
  const scene = await atWork(1)
  await change(scene, { kind: 'pause' })
  const rival = await makeRequirement(scene.setting, [{ id: 'T1' }])
  await look(scene.scope, rival)
  const [other] = await activeRuns(rival)
  expect(other).toBeDefined()
  await change(scene, { kind: 'resume' })
  expect(await activeRuns(scene.id)).toEqual([])
  expect(await task(scene)).toMatchObject({ nextReason: 'Waits for a slot of Implementer (1 of 1 busy).' })
  await longTime(scene)
  expect(await run(scene)).toMatchObject({ status: 'paused' })
  await database().run.update({ where: { id: other?.id as string }, data: { status: 'failed', errorCode: 'loop' } })
  await look(scene.scope, scene.id)
  expect((await activeRuns(scene.id)).map(({ id }) => id)).toEqual([scene.runId])
})

test('paused while its provider takes no call, a run is taken as soon as it is resumed', async () => {
  const scene = await atWork()
  await database().$executeRaw`
    update "Run" set status = 'queued', "notBefore" = now() + interval '10 minutes' where id = ${scene.runId}::uuid`
  await change(scene, { kind: 'pause' })
  await change(scene, { kind: 'resume' })
  expect((await run(scene)).nextReason).toBe('A worker takes the run of Implementer again.')
  expect(await claimRun(scene.scope, scene.runId, 'worker')).not.toBeNull()
})

test('paused at the wall of a wider budget, a task goes back to the question about it', async () => {
  const scene = await atWork()
  const { id: decision } = await raiseDecision(scene.scope, {
    projectId: scene.setting.projectId,
    kind: 'budget_wall',
    question: 'Raise it?',
    why: '',
    options: ['raise', 'stop'].map((option) => ({ id: option, label: option, consequence: '', reversible: true })),
    dedupeKey: `budget:${scene.runId}`,
  } as Parameters<typeof raiseDecision>[1])
  await database().run.update({ where: { id: scene.runId }, data: { status: 'asking', waitsFor: decision } })
  await look(scene.scope, scene.id)
  for (const kind of ['pause-task', 'resume-task'] as const) await change(scene, kind)
  expect(await task(scene)).toMatchObject({ status: 'asking', nextActor: 'group', nextActorId: decision })
})

test('paused between two attempts, a task goes back to its timer', async () => {
  const scene = await atWork()
  await endRun(scene.scope, scene.runId, { status: 'failed', code: 'overloaded' })
  await look(scene.scope, scene.id)
  await database().task.updateMany({
    where: { requirementId: scene.id },
    data: { notBefore: new Date(Date.now() + 3600_000) },
  })
  for (const kind of ['pause-task', 'resume-task'] as const) await change(scene, kind)
  expect(await task(scene)).toMatchObject({ nextActor: 'timer', nextReason: 'Tries again after a pause: overloaded' })
})

test('what comes back with a task that is tried again waits for it, and says so', async () => {
  const scene = await atWork()
  const { scope, id } = scene
  await change(scene, { kind: 'revise', changes: [{ kind: 'add', ...added, dependsOn: ['T1'] }] })
  await database().$executeRaw`update "PlanChange" set "finalAt" = now()`
  await settleDueChanges()
  await endRun(scope, scene.runId, { status: 'failed', code: 'budget-wall' })
  await database().task.updateMany({ where: { requirementId: id, ref: 'T2' }, data: { status: 'cancelled' } })
  await database().task.updateMany({ where: { requirementId: id, ref: 'T1' }, data: { status: 'failed' } })
  await changePlan(scope, { requirementId: id, change: { kind: 'revise', changes: [{ kind: 'retry', task: 'T1' }] } })
  expect((await tasksOf(id)).T2).toMatchObject({ status: 'waiting', nextReason: 'Waits for T1.' })
})

const added = {
  title: 'More',
  taskKind: 'implement' as const,
  capability: 'code' as const,
  instructions: 'x',
  before: [],
  statements: [],
  owns: ['more.js'],
  reads: [],
  acceptance: [{ text: 'works', command: 'true', proves: [] }],
  risk: 'low' as const,
}

test('what a signal holds goes on naming its question, and says that it is paused when the question is over', async () => {
  const scene = await atWork()
  await change(scene, 'pause-task')
  const { setting, scope, id } = scene
  const question = await raiseDecision(scope, {
    projectId: setting.projectId,
    kind: 'signal',
    question: 'Go on?',
    why: '',
    options: ['a', 'b'].map((option) => ({ id: option, label: option, consequence: '', reversible: null })),
    dedupeKey: `signal:${id}`,
  } as Parameters<typeof raiseDecision>[1])
  const asked = { nextActor: 'group', nextActorId: question.id, nextReason: 'The team decides.' }
  await database().task.update({ where: { id: (await task(scene)).id }, data: asked })
  await look(scope, id)
  expect(await task(scene)).toMatchObject({ status: 'running', ...asked })
  await answer(question.id)
  await look(scope, id)
  expect(await task(scene)).toMatchObject({ status: 'running', nextActor: 'person', nextActorId: null })
})

test('a plan in the making is paused and resumed, and waits for its agent’s slot', async () => {
  const setting = await makeSetting(1)
  const { scope, projectId, agents } = setting
  await database().agent.update({ where: { id: agents.coder }, data: { capabilities: ['code', 'analysis'] } })
  const { id } = await submitRequirement(scope, { projectId, text: 'It adds numbers.', source: 'page' })
  await look(scope, id)
  const [planning] = await activeRuns(id)
  const runId = planning?.id as string
  await claimRun(scope, runId, 'worker')
  const scene = { setting, scope, id, runId }
  const requirement = () => database().requirement.findUniqueOrThrow({ where: { id } })
  await change(scene, { kind: 'pause' })
  expect(await run(scene)).toMatchObject({ status: 'paused', nextActor: 'person' })
  const rival = await makeRequirement(setting, [{ id: 'T1' }])
  await look(scope, rival)
  await change(scene, { kind: 'resume' })
  expect(await run(scene)).toMatchObject({ status: 'paused', nextActor: 'system' })
  expect((await requirement()).nextReason).toBe('Waits for a slot of Implementer (1 of 1 busy).')
  await longTime(scene)
  expect(await run(scene)).toMatchObject({ status: 'paused' })
  const [other] = await activeRuns(rival)
  await database().run.update({ where: { id: other?.id as string }, data: { status: 'failed', errorCode: 'loop' } })
  await look(scope, id)
  expect((await activeRuns(id)).map((row) => row.id)).toEqual([runId])
  expect((await requirement()).nextReason).toBe('Implementer makes the plan.')
})

test('what waits for the requirement that mends it says so until that one has ended', async () => {
  const scene = await atWork()
  await change(scene, 'pause-task')
  const mending = await makeRequirement(scene.setting, [{ id: 'T1' }])
  const waits = { nextActor: 'system', nextActorId: mending, nextReason: 'Goes on when R2, the fix, has ended.' }
  await database().task.update({ where: { id: (await task(scene)).id }, data: waits })
  await look(scene.scope, scene.id)
  expect(await task(scene)).toMatchObject(waits)
})
