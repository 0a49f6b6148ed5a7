/** Readable records: those of one project become one commit, and none that can be made is held up or lost. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { withLock } from '#server/platform/database/lock'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { type QueuedJob, queue, stopQueue } from '#server/platform/queue/queue'
import { isEmpty, jobRows, startConsumer, until } from '#server/platform/queue/testing'
import { submitRequirement } from '#server/requirements/commands'
import { makeSetting, type Setting } from '#server/scheduler/testing/setting'
import { history, listFiles, mainCommit } from '#server/workspaces/git'
import { writeRecords } from './handlers'

beforeAll(async () => {
  setEnvironmentVariable('ORCHESTRATOR_DATA', await mkdtemp(join(tmpdir(), 'orchestrator-records-')))
  await queue()
})
afterAll(stopQueue)

const submit = ({ scope, projectId }: Setting, title: string) =>
  submitRequirement(scope, { projectId, title, text: 'The total is shown.', source: 'demo' })

async function recordJobs({ scope }: Setting): Promise<QueuedJob[]> {
  const rows = await jobRows(scope.organizationId)
  return rows
    .filter(({ state, data }) => state === 'created' && data.name === 'write-record')
    .map(({ data }) => data as QueuedJob)
}

async function recordsIn({ projectId }: Setting): Promise<string[]> {
  const files = await listFiles(projectId, (await mainCommit(projectId)) as string, 'requirements')
  return files.map(({ path }) => path).filter((path) => !path.endsWith('README.md'))
}

test('records that wait together become one commit, and written again none', async () => {
  const setting = await makeSetting()
  for (const title of ['One', 'Two', 'Three']) await submit(setting, title)
  const jobs = await recordJobs(setting)
  expect(jobs).toHaveLength(3)
  await writeRecords(jobs)
  await writeRecords(jobs)
  expect(await recordsIn(setting)).toEqual([
    'requirements/R1-one.md',
    'requirements/R2-two.md',
    'requirements/R3-three.md',
  ])
  const [newest, ...before] = await history(setting.projectId, { limit: 9 })
  expect(newest).toMatchObject({ subject: 'Record: 3 files' })
  expect(before).toHaveLength(1)
})

test('the worker gathers the records of a project', async () => {
  const setting = await makeSetting()
  for (const title of ['One', 'Two', 'Three', 'Four']) await submit(setting, title)
  await database()
    .$executeRaw`update pgboss.job set start_after = now() where group_id = ${setting.scope.organizationId}`
  const sizes: number[] = []
  const consumer = await startConsumer(async (job, _signal, all) => {
    if (job.name !== 'write-record' || job.organizationId !== setting.scope.organizationId) return
    sizes.push(all.length)
    await writeRecords(all)
  })
  await until(() => isEmpty(setting.scope.organizationId))
  await consumer.stop()
  expect(await recordsIn(setting)).toHaveLength(4)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(4)
  expect(sizes.length).toBeLessThan(4)
})

test('records are due at the end of the window in which they were caused, all of a window at once', async () => {
  const setting = await makeSetting()
  for (const title of ['One', 'Two', 'Three']) await submit(setting, title)
  const rows = await database().$queryRaw<{ due: number; wait: number }[]>`
    select extract(epoch from start_after)::float8 as due, extract(epoch from start_after - created_on)::float8 as wait
    from pgboss.job where group_id = ${setting.scope.organizationId} and data ->> 'name' = 'write-record'`
  expect(rows).toHaveLength(3)
  for (const { due, wait } of rows) {
    expect(due % 2).toBe(0)
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(2)
  }
})

test('a record that can not be made holds up no other and is tried again', async () => {
  const setting = await makeSetting()
  for (const title of ['One', 'Two']) await submit(setting, title)
  const [bad, good] = (await recordJobs(setting)) as [QueuedJob, QueuedJob]
  await database().event.updateMany({
    where: { organizationId: setting.scope.organizationId, sequence: BigInt(bad.sequence ?? '0') },
    data: { requirementId: crypto.randomUUID() },
  })
  await database().$executeRaw`delete from pgboss.job where group_id = ${setting.scope.organizationId}`
  await writeRecords([bad, good])
  expect(await recordsIn(setting)).toEqual(['requirements/R2-two.md'])
  expect(await recordJobs(setting)).toMatchObject([{ sequence: bad.sequence, projectId: setting.projectId }])
  await expect(writeRecords([bad])).rejects.toThrow()
})

test('while a merge is at it all of them come again later', async () => {
  const setting = await makeSetting()
  for (const title of ['One', 'Two']) await submit(setting, title)
  const jobs = await recordJobs(setting)
  await database().$executeRaw`delete from pgboss.job where group_id = ${setting.scope.organizationId}`
  await withLock(`merge:${setting.projectId}`, () => writeRecords(jobs))
  expect((await recordJobs(setting)).map(({ sequence }) => sequence)).toEqual(jobs.map(({ sequence }) => sequence))
  await writeRecords(await recordJobs(setting))
  expect(await recordsIn(setting)).toHaveLength(2)
})
