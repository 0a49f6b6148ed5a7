/** A slot that comes free goes to whoever is next in turn in the same transaction; nobody else's fault is in the way. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { queue, stopQueue } from '#server/platform/queue/queue'
import { jobRows } from '#server/platform/queue/testing'
import { advanceRequirement } from './handlers'
import { activeRuns, endRun, look, makeRequirement, makeSetting, type Setting, tasksOf } from './testing/setting'

beforeAll(() => queue())
afterAll(stopQueue)

const done = { status: 'finished', changed: false } as const

/** One slot, which the first of them has; the run that has it is over. */
async function overWith(setting: Setting, count: number): Promise<[string, ...string[]]> {
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) ids.push(await makeRequirement(setting, [{ id: 'T1' }, { id: 'T2' }]))
  for (const id of ids) await look(setting.scope, id)
  const [run] = await activeRuns(ids[0] as string)
  await endRun(setting.scope, run?.id as string, done)
  await database().$executeRaw`delete from pgboss.job where group_id = ${setting.scope.organizationId}`
  return ids as [string, ...string[]]
}

async function woken({ scope }: Setting): Promise<string[]> {
  const rows = await jobRows(scope.organizationId)
  const jobs = rows.filter(({ state, data }) => state === 'created' && data.name === 'advance-requirement')
  return jobs.map(({ data }) => (data as { requirementId?: string }).requirementId ?? '')
}

const advanceOf = ({ scope }: Setting, requirementId: string) =>
  advanceRequirement({ organizationId: scope.organizationId, requirementId })

test('the next in turn has the slot when the transaction that set it free commits, and nobody is woken in vain', async () => {
  const setting = await makeSetting(1)
  const [first, second, third] = await overWith(setting, 3)
  await advanceOf(setting, first)
  expect(await activeRuns(second as string)).toHaveLength(1)
  expect(await tasksOf(first)).toMatchObject({ T1: { status: 'done' }, T2: { status: 'waiting' } })
  expect(await activeRuns(third as string)).toEqual([])
  expect(await woken(setting)).toEqual([])
})

test('several slots that came free are handed on one after the other, up to the limit', async () => {
  const setting = await makeSetting(3)
  const many = Array.from({ length: 3 }, (_, index) => ({ id: `T${index + 1}` }))
  const ids: string[] = []
  for (let made = 0; made < 4; made += 1) ids.push(await makeRequirement(setting, many))
  for (const id of ids) await look(setting.scope, id)
  const runs = await activeRuns(ids[0] as string)
  expect(runs).toHaveLength(3)
  for (const run of runs) await endRun(setting.scope, run.id, done)
  await database().$executeRaw`delete from pgboss.job where group_id = ${setting.scope.organizationId}`
  await advanceOf(setting, ids[0] as string)
  const counts = await Promise.all(ids.map(async (id) => (await activeRuns(id)).length))
  expect(counts).toEqual([0, 1, 1, 1])
  expect(await woken(setting)).toEqual([])
})

test('an heir that somebody else holds gets a job of its own', async () => {
  const setting = await makeSetting(1)
  const [first, second] = await overWith(setting, 2)
  await database().$transaction(async (tx) => {
    await tx.$queryRaw`select id from "Requirement" where id = ${second}::uuid for update`
    await advanceOf(setting, first)
  })
  expect((await tasksOf(first)).T1?.status).toBe('done')
  expect(await woken(setting)).toEqual([second])
  await advanceOf(setting, second as string)
  expect(await activeRuns(second as string)).toHaveLength(1)
})

test('an heir that can not be advanced holds up nobody', async () => {
  const setting = await makeSetting(1)
  const [first, second] = await overWith(setting, 2)
  await database().$executeRaw`update "Requirement" set status = 'no such status' where id = ${second}::uuid`
  await advanceOf(setting, first)
  expect((await tasksOf(first)).T1?.status).toBe('done')
  expect(await woken(setting)).toEqual([second])
})

test('an event that was looked at is not looked at again', async () => {
  const setting = await makeSetting(1)
  const [first, second] = await overWith(setting, 2)
  const { scope } = setting
  const { lastSequence } = await database().eventStream.findUniqueOrThrow({
    where: { organizationId: scope.organizationId },
  })
  const job = { organizationId: scope.organizationId, requirementId: first, sequence: String(lastSequence) }
  await database().requirement.update({ where: { id: first }, data: { advancedTo: lastSequence } })
  await advanceRequirement(job)
  expect((await tasksOf(first)).T1?.status).toBe('running')
  await advanceRequirement({ ...job, sequence: String(lastSequence + 1n) })
  expect((await tasksOf(first)).T1?.status).toBe('done')
  expect(await activeRuns(second as string)).toHaveLength(1)
})
