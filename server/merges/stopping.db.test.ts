/** Commands that run without an agent: whatever ends their task or requirement stops them, and nothing of it is merged. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changePlan } from '#server/planner/changes'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { stopQueue } from '#server/platform/queue/queue'
import { proveTask, verifyRequirement } from '#server/proofs/handlers'
import { cancelRequirement } from '#server/requirements/commands'
import { sandboxRunner } from '#server/sandbox/registry'
import { look } from '#server/scheduler/testing/setting'
import { mergeTask } from './handlers'
import { atStep, sleeping, untilRuns } from './testing'

beforeAll(async () => {
  setEnvironmentVariable('ORCHESTRATOR_DATA', await mkdtemp(join(tmpdir(), 'orchestrator-stopping-')))
  await sandboxRunner()
})
afterAll(stopQueue)

const steps = {
  proving: { handler: proveTask, tells: 'proof.recorded' },
  merging: { handler: mergeTask, tells: 'nothing' },
  done: { handler: verifyRequirement, tells: 'verification.recorded' },
} as const

test.each(['proving', 'merging', 'done'] as const)(
  'cancelled while its commands run (%s), they stop within seconds',
  async (status) => {
    const command = sleeping(25)
    const made = await atStep(status, command)
    const working = steps[status].handler(made.job, new AbortController().signal)
    await untilRuns(command)
    const before = performance.now()
    await cancelRequirement(made.scope, { requirementId: made.requirementId })
    await working
    expect(performance.now() - before).toBeLessThan(6_000)
    expect(await made.events()).not.toContain(steps[status].tells)
    const expected = status === 'done' ? 'done' : 'cancelled'
    expect((await database().task.findUniqueOrThrow({ where: { id: made.taskId } })).status).toBe(expected)
    if (status === 'merging') {
      const merge = await database().merge.findUniqueOrThrow({ where: { runId: made.runId } })
      expect(merge).toMatchObject({ status: 'checks_failed', mergedCommit: null, detail: 'The task was stopped.' })
    }
  },
)

test('a worker that comes back after another one has merged leaves the merge as it is, and tells of no second end', async () => {
  const command = sleeping(3)
  const made = await atStep('merging', command)
  const working = mergeTask(made.job, new AbortController().signal)
  await untilRuns(command)
  await database().merge.update({ where: { runId: made.runId }, data: { status: 'merged', mergedCommit: 'c' } })
  await database().task.update({ where: { id: made.taskId }, data: { status: 'done' } })
  await working
  const merge = await database().merge.findUniqueOrThrow({ where: { runId: made.runId } })
  expect(merge).toMatchObject({ status: 'merged', mergedCommit: 'c' })
  expect(await made.events()).not.toContain('merge.ended')
})

test('paused, a verification stops and nothing ends; resumed, it is asked for anew', async () => {
  const command = sleeping(25)
  const { scope, requirementId, taskId, job, events } = await atStep('done', command)
  await database().requirement.update({ where: { id: requirementId }, data: { verification: 'none' } })
  const verification = async () =>
    (await database().requirement.findUniqueOrThrow({ where: { id: requirementId } })).verification
  await look(scope, requirementId)
  expect(await verification()).toBe('requested')
  const working = verifyRequirement(job, new AbortController().signal)
  await untilRuns(command)
  const before = performance.now()
  await changePlan(scope, { requirementId, change: { kind: 'pause' } })
  await working
  expect(performance.now() - before).toBeLessThan(6_000)
  await look(scope, requirementId)
  const paused = await database().requirement.findUniqueOrThrow({ where: { id: requirementId } })
  expect(paused).toMatchObject({ status: 'in_progress', verification: 'none', nextActor: 'person' })
  expect(await events()).not.toContain('verification.recorded')
  const acceptance = [{ id: 'A1', text: 'works', command: 'true', proves: [] }]
  await database().task.update({ where: { id: taskId }, data: { acceptance } })
  await changePlan(scope, { requirementId, change: { kind: 'resume' } })
  await look(scope, requirementId)
  expect(await verification()).toBe('requested')
  await verifyRequirement(job, new AbortController().signal)
  await look(scope, requirementId)
  const closed = await database().requirement.findUniqueOrThrow({ where: { id: requirementId } })
  expect(closed.closedAt).not.toBeNull()
})
