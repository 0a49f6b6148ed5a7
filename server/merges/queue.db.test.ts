/** The merge queue of a project: one at a time, the oldest first, and who waits holds no slot of a worker. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { withLock } from '#server/platform/database/lock'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { queue, stopQueue } from '#server/platform/queue/queue'
import { jobRows } from '#server/platform/queue/testing'
import { sandboxRunner } from '#server/sandbox/registry'
import { mergeTask } from './handlers'
import { atStep } from './testing'

beforeAll(async () => {
  setEnvironmentVariable('ORCHESTRATOR_DATA', await mkdtemp(join(tmpdir(), 'orchestrator-merges-')))
  await sandboxRunner()
  await queue()
})
afterAll(stopQueue)

const { signal } = new AbortController()

test('while another merge is at it a job comes again later, instead of waiting in a slot', async () => {
  const made = await atStep('merging', 'true')
  const lock = `merge:${made.job.projectId}`
  await withLock(lock, async () => {
    await Promise.race([
      mergeTask(made.job, signal),
      new Promise((_, reject) => setTimeout(() => reject(new Error('it stands in line')), 5_000)),
    ])
  })
  const again = (await jobRows(made.scope.organizationId)).filter(({ data }) => data.name === 'merge-task')
  expect(again).toMatchObject([{ state: 'created', data: { runId: made.runId } }])
  expect(again[0]?.due).toBeGreaterThan(1)
  const merge = () => database().merge.findUniqueOrThrow({ where: { runId: made.runId } })
  expect((await merge()).status).toBe('queued')
  await mergeTask(made.job, signal)
  expect((await merge()).status).toBe('merged')
})

test('whoever has merged wakes the oldest that waits in the project', async () => {
  const made = await atStep('merging', 'true')
  const { projectId, organizationId } = made.job
  const run = await database().run.findUniqueOrThrow({ where: { id: made.runId } })
  const waiting: string[] = []
  for (const minutes of [1, 3, 2]) {
    const { id: _, prompt: __, result: ___, agentSettings: ____, ...row } = run
    const other = await database().run.create({ data: { ...row, prompt: {} } })
    const createdAt = new Date(run.createdAt.getTime() - minutes * 60_000)
    await database().merge.create({
      data: { organizationId, projectId: projectId as string, taskId: made.taskId, runId: other.id, createdAt },
    })
    waiting.push(other.id)
  }
  await mergeTask(made.job, signal)
  const woken = (await jobRows(organizationId)).filter(({ data }) => data.name === 'merge-task')
  expect(woken.map(({ data }) => data.runId)).toEqual([waiting[1]])
  expect(woken[0]?.due).toBeLessThan(1)
})
