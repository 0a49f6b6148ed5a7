import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeScene } from '#server/budgets/testing'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { stopQueue } from '#server/platform/queue/queue'
import { proveTask } from './handlers'

beforeAll(async () => {
  setEnvironmentVariable('ORCHESTRATOR_DATA', await mkdtemp(join(tmpdir(), 'orchestrator-no-sandbox-')))
  setEnvironmentVariable('SANDBOX_PROVIDER', 'none')
})
afterAll(stopQueue)

async function proving() {
  const { organizationId, projectId, requirementId, taskId, runs } = await makeScene(1)
  const runId = runs[0] as string
  const acceptance = [{ id: 'A1', text: 'works', command: 'true', proves: [] }]
  await database().run.update({ where: { id: runId }, data: { status: 'finished', commit: 'c' } })
  await database().task.update({ where: { id: taskId }, data: { status: 'proving', acceptance } })
  return { taskId, job: { organizationId, projectId, requirementId, taskId, runId } }
}
const statusOf = async (id: string) => (await database().task.findUniqueOrThrow({ where: { id } })).status
const prove = (job: Parameters<typeof proveTask>[0]) => proveTask(job, new AbortController().signal)

test('without a sandbox people are asked, and the requirement is looked at', async () => {
  const { taskId, job } = await proving()
  await prove(job)
  expect(await statusOf(taskId)).toBe('asking')
  const jobs = await database().$queryRaw`
    select id from pgboss.job where data ->> 'name' = 'advance-requirement'
      and data ->> 'requirementId' = ${job.requirementId}`
  expect(jobs).toHaveLength(1)
})

test('a task that is cancelled in the moment in which its sandbox is missed stays cancelled, and nobody is asked', async () => {
  const { taskId, job } = await proving()
  let commit = () => {}
  const decided = new Promise<void>((resolve) => {
    commit = resolve
  })
  const cancelling = transaction(async (tx) => {
    await tx.task.update({ where: { id: taskId }, data: { status: 'cancelled' } })
    await decided
  })
  await new Promise((resolve) => setTimeout(resolve, 200))
  const working = prove(job)
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  commit()
  await Promise.all([cancelling, working])
  expect(await statusOf(taskId)).toBe('cancelled')
  expect(await database().decision.count({ where: { taskId } })).toBe(0)
})
