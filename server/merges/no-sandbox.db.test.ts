import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { stopQueue } from '#server/platform/queue/queue'
import { verifyRequirement } from '#server/proofs/handlers'
import { workspacePath } from '#server/workspaces/git'
import { mergeTask } from './handlers'
import { atStep } from './testing'

beforeAll(async () => {
  setEnvironmentVariable('ORCHESTRATOR_DATA', await mkdtemp(join(tmpdir(), 'orchestrator-no-sandbox-')))
  setEnvironmentVariable('SANDBOX_PROVIDER', 'none')
})
afterAll(stopQueue)

const says = { nextActor: 'system', nextReason: expect.stringMatching(/sandbox.* Orchestrator tries again/i) }
const { signal } = new AbortController()

test('a merge that finds no sandbox says so, on the task too, and is tried again by the queue', async () => {
  const made = await atStep('merging', 'true')
  await expect(mergeTask(made.job, signal)).rejects.toMatchObject({ code: 'sandbox-unavailable' })
  expect(await database().task.findUniqueOrThrow({ where: { id: made.taskId } })).toMatchObject(says)
  const merge = await database().merge.findUniqueOrThrow({ where: { runId: made.runId } })
  expect(merge).toMatchObject({ status: 'queued', ...says })
})

test('so does a verification, on the requirement', async () => {
  const made = await atStep('done', 'true')
  await expect(verifyRequirement(made.job, signal)).rejects.toMatchObject({ code: 'sandbox-unavailable' })
  const requirement = await database().requirement.findUniqueOrThrow({ where: { id: made.requirementId } })
  expect(requirement).toMatchObject({ verification: 'requested', ...says })
})

const lost = {
  nextActor: 'system',
  nextReason: expect.stringMatching(/^It can’t be .* for now: .+\. Orchestrator tries again/),
}
const nowhere = 'f'.repeat(40)

test('so does a merge or a verification whose repository or disk fails it', async () => {
  const merging = await atStep('merging', 'true')
  await database().run.update({ where: { id: merging.runId }, data: { commit: nowhere } })
  await expect(mergeTask(merging.job, signal)).rejects.toThrow()
  expect(await database().task.findUniqueOrThrow({ where: { id: merging.taskId } })).toMatchObject(lost)
  expect(await database().merge.findUniqueOrThrow({ where: { runId: merging.runId } })).toMatchObject(lost)
  const done = await atStep('done', 'true')
  const path = workspacePath(done.job.projectId as string)
  await rm(path, { recursive: true })
  await writeFile(path, 'no folder')
  await expect(verifyRequirement(done.job, signal)).rejects.toThrow()
  expect(await database().requirement.findUniqueOrThrow({ where: { id: done.requirementId } })).toMatchObject(lost)
})
