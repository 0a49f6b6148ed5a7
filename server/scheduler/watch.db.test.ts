import { afterAll, expect, test } from 'vitest'
import { raiseDecision } from '#server/decisions/commands'
import { database } from '#server/platform/database/client'
import { Prisma } from '#server/platform/database/generated/client'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { stopQueue } from '#server/platform/queue/queue'
import { claimRun } from '#server/runs/states'
import { lostQuery } from './repository/lost'
import { activeRuns, endRun, look, makeRequirement, makeSetting, type Setting, tasksOf } from './testing/setting'
import { watch } from './watch'

afterAll(stopQueue)

type Table = 'Requirement' | 'Task' | 'Run' | 'Merge' | 'Decision'

const late = (table: Table, id: string) =>
  database().$executeRawUnsafe(
    `update "${table}" set "nextDeadline" = now() - interval '2 minutes' where id = $1::uuid`,
    id,
  )
const acts = async (requirementId: string) =>
  (
    await database().event.findMany({ where: { requirementId, type: 'actor.overdue' }, orderBy: { sequence: 'asc' } })
  ).map(({ payload }) => payload as { noun: string; act: string; reason: string; times: number })
const jobs = async (name: string, requirementId: string) => {
  const rows = await database().$queryRaw<{ n: bigint }[]>`
    select count(*) as n from pgboss.job where data ->> 'name' = ${name} and data ->> 'requirementId' = ${requirementId}
      and state <= 'active'`
  return Number(rows[0]?.n)
}
const loseJobs = () => database().$executeRaw`delete from pgboss.job`

async function running(checks = false): Promise<{ setting: Setting; id: string; runId: string }> {
  const setting = await makeSetting()
  const id = await makeRequirement(setting, [{ id: 'T1', checks }])
  await look(setting.scope, id)
  const [run] = await activeRuns(id)
  return { setting, id, runId: run?.id as string }
}

test('a queued run whose job is there gets more time; one whose job is lost is queued again', async () => {
  const { id, runId } = await running()
  await late('Run', runId)
  await watch()
  expect(await acts(id)).toMatchObject([{ noun: 'run', act: 'wait', times: 1 }])
  await loseJobs()
  await late('Run', runId)
  await watch()
  expect((await acts(id))[1]).toMatchObject({ noun: 'run', act: 'enqueue', times: 2 })
  expect(await jobs('execute-run', id)).toBe(1)
  const run = await database().run.findUniqueOrThrow({ where: { id: runId } })
  expect(run.nextDeadline.getTime()).toBeGreaterThan(Date.now())
})

test('a run whose worker is gone is taken back, its old lease is refused; what nobody can finish is given up', async () => {
  const { setting, id, runId } = await running()
  const first = await claimRun(setting.scope, runId, 'lost worker')
  await loseJobs()
  await late('Run', runId)
  await watch()
  const taken = await database().run.findUniqueOrThrow({ where: { id: runId } })
  expect(taken).toMatchObject({ status: 'queued', worker: null })
  expect(taken.lease).toBeGreaterThan(first?.lease.number as number)
  await claimRun(setting.scope, runId, 'another worker')
  await database().run.update({ where: { id: runId }, data: { overdue: 3 } })
  await loseJobs()
  await late('Run', runId)
  await watch()
  expect(await database().run.findUniqueOrThrow({ where: { id: runId } })).toMatchObject({
    status: 'failed',
    errorCode: 'time-limit',
  })
  expect((await acts(id)).map(({ act }) => act)).toEqual(['take-back', 'give-up'])
  await look(setting.scope, id)
  expect((await activeRuns(id)).map((run) => run.attempt)).toEqual([2])
})

test('a proof that gets lost is queued again, and after three times people are asked', async () => {
  const { setting, id, runId } = await running(true)
  await endRun(setting.scope, runId, { status: 'finished', changed: true })
  await look(setting.scope, id)
  const task = (await tasksOf(id)).T1
  expect(task).toMatchObject({ status: 'proving', nextActor: 'system' })
  for (let times = 0; times < 4; times += 1) {
    await loseJobs()
    await late('Task', task?.id as string)
    await watch()
  }
  const seen = (await acts(id)).filter(({ noun }) => noun === 'task').map(({ act }) => act)
  expect(seen).toEqual(['enqueue', 'enqueue', 'enqueue', 'ask'])
  const asked = (await tasksOf(id)).T1
  const decision = await database().decision.findFirstOrThrow({ where: { requirementId: id } })
  expect(asked).toMatchObject({ status: 'asking', nextActor: 'group', nextActorId: decision.id })
})

test('a merge whose job is lost is queued again', async () => {
  const { setting, id, runId } = await running()
  const task = (await tasksOf(id)).T1
  await endRun(setting.scope, runId, { status: 'finished', changed: true })
  const { organizationId } = setting.scope
  const where = { organizationId, projectId: setting.projectId, taskId: task?.id as string, runId }
  await database().task.update({ where: { id: task?.id }, data: { status: 'merging' } })
  const merge = await database().merge.create({ data: where })
  await loseJobs()
  await late('Merge', merge.id)
  await watch()
  expect(await acts(id)).toMatchObject([{ noun: 'merge', act: 'enqueue' }])
  expect(await jobs('merge-task', id)).toBe(1)
})

test('a requirement that nobody looked at is looked at; a lost verification is queued again', async () => {
  const setting = await makeSetting()
  const id = await makeRequirement(setting, [{ id: 'T1' }])
  await late('Requirement', id)
  await watch()
  expect(await acts(id)).toMatchObject([{ noun: 'requirement', act: 'look' }])
  expect(await jobs('advance-requirement', id)).toBe(1)
  await database().requirement.update({ where: { id }, data: { verification: 'requested' } })
  await late('Requirement', id)
  await watch()
  expect(await jobs('verify-requirement', id)).toBe(1)
})

test('people who are late are reminded, an open question too', async () => {
  const { setting, id } = await running()
  const task = (await tasksOf(id)).T1
  const decision = await raiseDecision(setting.scope, {
    projectId: setting.projectId,
    requirementId: id,
    taskId: task?.id,
    kind: 'task_failed',
    question: 'Which?',
    why: '',
    options: [
      { id: 'a', label: 'A', consequence: '', reversible: true },
      { id: 'b', label: 'B', consequence: '', reversible: true },
    ],
    recommended: 'a',
    recommendedWhy: '',
    dedupeKey: crypto.randomUUID(),
  })
  await database().task.update({ where: { id: task?.id }, data: { status: 'asking' } })
  expect((await tasksOf(id)).T1).toMatchObject({ nextActor: 'group', nextActorId: decision.id })
  await late('Task', task?.id as string)
  await late('Decision', decision.id)
  await watch()
  expect((await acts(id)).map(({ noun, act }) => `${noun} ${act}`).sort()).toEqual(['decision remind', 'task remind'])
})

test('a timer is quiet, and nothing is acted on twice', async () => {
  const setting = await makeSetting()
  const id = await makeRequirement(setting, [{ id: 'T1' }])
  const task = (await tasksOf(id)).T1
  const timer = { nextActor: 'timer', nextReason: 'Later.', nextDeadline: new Date(Date.now() - 1000) }
  await database().task.update({ where: { id: task?.id }, data: timer })
  await watch()
  expect(await acts(id)).toEqual([])
  expect((await tasksOf(id)).T1).toMatchObject({ nextActor: 'system' })
  const before = await database().event.count({ where: { requirementId: id } })
  await watch()
  expect(await database().event.count({ where: { requirementId: id } })).toBe(before)
})

/** As if it had waited for its job for a while; its deadline stays hours away. */
const longAgo = (table: Table, id: string) =>
  database().$executeRawUnsafe(
    `update "${table}" set "nextSince" = now() - interval '1 minute', "nextDeadline" = now() + interval '2 hours'
     where id = $1::uuid`,
    id,
  )

test('a lost job is repaired long before the deadline of what waits for it; nothing is done about jobs that are there', async () => {
  const { setting, id, runId } = await running(true)
  await longAgo('Run', runId)
  await watch()
  expect(await acts(id)).toEqual([])
  await loseJobs()
  await watch()
  expect(await acts(id)).toMatchObject([{ noun: 'run', act: 'enqueue' }])
  expect(await jobs('execute-run', id)).toBe(1)
  await watch()
  expect(await acts(id)).toHaveLength(1)

  await claimRun(setting.scope, runId, 'lost worker')
  await longAgo('Run', runId)
  await loseJobs()
  await watch()
  expect((await acts(id))[1]).toMatchObject({ noun: 'run', act: 'take-back' })
  expect(await jobs('execute-run', id)).toBe(1)

  await endRun(setting.scope, runId, { status: 'finished', changed: true })
  await look(setting.scope, id)
  const taskId = (await tasksOf(id)).T1?.id as string
  await longAgo('Task', taskId)
  await watch()
  expect(await acts(id)).toHaveLength(2)
  await loseJobs()
  await watch()
  expect((await acts(id))[2]).toMatchObject({ noun: 'task', act: 'enqueue' })
  expect(await jobs('prove-task', id)).toBe(1)
})

test('an end of a run that nobody looked at is looked at; so is one whose proof is recorded, without proving it twice', async () => {
  const { setting, id, runId } = await running(true)
  await endRun(setting.scope, runId, { status: 'finished', changed: true })
  await loseJobs()
  await database().$executeRaw`update "Event" set at = at - interval '1 minute' where "requirementId" = ${id}::uuid`
  await watch()
  expect(await acts(id)).toMatchObject([{ noun: 'requirement', act: 'look' }])
  expect(await jobs('advance-requirement', id)).toBe(1)
  await look(setting.scope, id)
  const task = (await tasksOf(id)).T1
  expect(task?.status).toBe('proving')
  const { scope, projectId } = setting
  const told = { type: 'proof.recorded', projectId, requirementId: id, taskId: task?.id, runId }
  const payload = { ref: 'T1', passed: 1, failed: 0 }
  await transaction((tx) => append(tx, scope, [{ ...told, payload }]))
  await longAgo('Task', task?.id as string)
  await loseJobs()
  await database().$executeRaw`update "Event" set at = at - interval '1 minute' where "requirementId" = ${id}::uuid`
  await watch()
  expect((await acts(id)).map(({ noun, act }) => `${noun} ${act}`)).toEqual(['requirement look', 'requirement look'])
  expect(await jobs('prove-task', id)).toBe(0)
})

test('a queued run and a merge that get lost again and again end, and people are asked', async () => {
  const { setting, id, runId } = await running()
  await database().run.update({ where: { id: runId }, data: { overdue: 3 } })
  await longAgo('Run', runId)
  await loseJobs()
  await watch()
  expect(await database().run.findUniqueOrThrow({ where: { id: runId } })).toMatchObject({ status: 'failed' })
  await look(setting.scope, id)
  expect((await tasksOf(id)).T1).toMatchObject({ status: 'asking', nextActor: 'group' })
  expect(await activeRuns(id)).toEqual([])

  const other = await running()
  const taskId = (await tasksOf(other.id)).T1?.id as string
  await endRun(other.setting.scope, other.runId, { status: 'finished', changed: true })
  const { organizationId } = other.setting.scope
  const where = { organizationId, projectId: other.setting.projectId, taskId, runId: other.runId }
  await database().task.update({ where: { id: taskId }, data: { status: 'merging' } })
  const merge = await database().merge.create({ data: { ...where, overdue: 3 } })
  await loseJobs()
  await longAgo('Merge', merge.id)
  await watch()
  expect((await tasksOf(other.id)).T1).toMatchObject({ status: 'asking', nextActor: 'group' })
  expect(await database().merge.findUniqueOrThrow({ where: { id: merge.id } })).toMatchObject({
    status: 'checks_failed',
    nextActor: 'nobody',
  })
})

test('planning that does not get on asks people, and goes on with their answer', async () => {
  const setting = await makeSetting()
  const id = await makeRequirement(setting, [{ id: 'T1' }])
  await database().requirement.update({ where: { id }, data: { status: 'planning', overdue: 3 } })
  await database().requirement.update({ where: { id }, data: { overdue: 3 } })
  await late('Requirement', id)
  await watch()
  expect(await acts(id)).toMatchObject([{ noun: 'requirement', act: 'ask' }])
  const decision = await database().decision.findFirstOrThrow({ where: { requirementId: id } })
  expect(decision).toMatchObject({ kind: 'plan_failed', status: 'open', taskId: null })
  await look(setting.scope, id)
  const asked = await database().requirement.findUniqueOrThrow({ where: { id } })
  expect(asked).toMatchObject({ nextActor: 'group', nextActorId: decision.id })
})

test('waiting for an answer can not be written without what unblocks it', async () => {
  const { id, runId } = await running()
  const task = (await tasksOf(id)).T1
  await expect(database().task.update({ where: { id: task?.id }, data: { status: 'asking' } })).rejects.toThrow(
    /names_question/,
  )
  await expect(database().run.update({ where: { id: runId }, data: { status: 'asking' } })).rejects.toThrow(
    /names_question/,
  )
})

test('the look for overdue rows reads indexes, not tables', async () => {
  await database().$executeRaw`set enable_seqscan = off`
  for (const table of ['Requirement', 'Task', 'Run', 'Merge', 'Decision']) {
    const plan = await database().$queryRawUnsafe<Record<string, string>[]>(
      `explain select id from "${table}" where "nextActor" <> 'nobody' and "nextDeadline" < now() order by "nextDeadline" limit 100`,
    )
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/_watch_idx|nextDeadline_idx/)
  }
})

test('the look for lost jobs reads the rows that wait for one and the jobs that are open, not what has ended', async () => {
  const { setting, id } = await running()
  const { organizationId } = setting.scope
  const [{ planId } = { planId: '' }] = await database().task.findMany({ where: { requirementId: id } })
  const many = 20_000
  await database().$executeRaw`
    insert into "Requirement" (id, "organizationId", "projectId", number, title, text, status)
    select gen_random_uuid(), ${organizationId}::uuid, ${setting.projectId}::uuid, 1000 + n, 'R', 'r', 'done'
    from generate_series(1, ${many}::integer) n`
  await database().$executeRaw`
    insert into "Run" (id, "organizationId", "projectId", "requirementId", "agentId", purpose, attempt, "providerMode",
      connector, model, prompt, status)
    select gen_random_uuid(), "organizationId", "projectId", id, ${setting.agents.coder}::uuid, 'implement', 1,
      'scripted', 'openai', 'm', '{}', 'finished' from "Requirement" where status = 'done'`
  await database().$executeRaw`
    insert into "Task" (id, "organizationId", "projectId", "requirementId", "planId", ref, position, title, kind,
      capability, instructions, acceptance, status)
    select gen_random_uuid(), "organizationId", "projectId", id, ${planId}::uuid, 'T1', 1, 'T', 'implement', 'code', '',
      '[]', 'done' from "Requirement" where status = 'done'`
  await database().$executeRaw`
    insert into "Merge" (id, "organizationId", "projectId", "taskId", "runId", status)
    select gen_random_uuid(), "organizationId", "projectId", id, gen_random_uuid(), 'merged'
    from "Task" where status = 'done'`
  await database().$executeRaw`
    insert into "Event" ("organizationId", sequence, type, "requirementId", "taskId", actor, payload)
    select "organizationId", 1000000 + row_number() over (), 'proof.recorded', "requirementId", id, '{}', '{}'
    from "Task" where status = 'done'`
  await database().$executeRaw`
    insert into pgboss.job (name, data, state, completed_on)
    select 'long', jsonb_build_object('name', 'execute-run', 'runId', gen_random_uuid()), 'completed', now()
    from generate_series(1, ${many}::integer)`
  await database().$executeRaw`analyze`
  const query = lostQuery(null)
  const plan = await database().$queryRaw<Record<string, string>[]>(Prisma.sql`explain ${query}`)
  const text = plan.map((row) => row['QUERY PLAN']).join('\n')
  expect(text).not.toMatch(/Seq Scan on "?(job|Run|Task|Merge|Event|Requirement)/)
  expect(text).toMatch(/Run_active_idx/)
})

test('more that is overdue than one look takes is looked at in the same turn', async () => {
  const { scope, projectId } = await makeSetting()
  const { organizationId } = scope
  await database().requirement.createMany({
    data: Array.from({ length: 150 }, (_, index) => ({
      ...{ organizationId, projectId, number: index + 1, title: 'R', text: 'r', status: 'submitted' },
    })),
  })
  await database().requirement.updateMany({
    where: { organizationId },
    data: { nextActor: 'timer', nextDeadline: new Date(Date.now() - 120_000) },
  })
  await watch()
  expect(await database().requirement.count({ where: { organizationId, nextDeadline: { lt: new Date() } } })).toBe(0)
})
