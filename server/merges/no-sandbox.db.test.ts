import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { answerDecision } from '#server/decisions/commands'
import { settleDecisions } from '#server/decisions/handlers'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { stopQueue } from '#server/platform/queue/queue'
import { jobRows } from '#server/platform/queue/testing'
import { proveTask, verifyRequirement } from '#server/proofs/handlers'
import { goOnWithSandbox } from '#server/proofs/mended'
import { look } from '#server/scheduler/testing/setting'
import { watch } from '#server/scheduler/watch'
import { workspacePath } from '#server/workspaces/git'
import { mergeTask } from './handlers'
import { atStep } from './testing'

const machine = vi.hoisted(() => ({ broken: true }))
vi.mock('#server/sandbox/registry', async (original) => {
  const actual = await original<typeof import('#server/sandbox/registry')>()
  const { sandboxUnavailable } = await import('#server/sandbox/errors')
  const missing = () => Promise.reject(sandboxUnavailable('bubblewrap: it is not installed'))
  return { ...actual, sandboxRunner: () => (machine.broken ? missing() : actual.sandboxRunner()) }
})

beforeAll(async () => {
  setEnvironmentVariable('ORCHESTRATOR_DATA', await mkdtemp(join(tmpdir(), 'orchestrator-no-sandbox-')))
})
afterAll(stopQueue)

/** Who may mend the machine, what is missing, and that nobody has to come back here afterwards. */
const says = {
  nextActor: 'group',
  nextActorName: 'Owners and admins',
  nextReason: expect.stringMatching(/^Owners and admins must give this machine .*doctor.* by itself\. .*self-test/),
}
const { signal } = new AbortController()
const none = { code: 'sandbox-unavailable' }
const taskOf = ({ taskId }: { taskId: string }) => database().task.findUniqueOrThrow({ where: { id: taskId } })
const requirementOf = ({ requirementId: id }: { requirementId: string }) =>
  database().requirement.findUniqueOrThrow({ where: { id } })

test('a merge that finds no sandbox asks who may mend the machine, is tried by the queue, and goes on by itself', async () => {
  const made = await atStep('merging', 'true')
  const merge = () => database().merge.findUniqueOrThrow({ where: { runId: made.runId } })
  machine.broken = true
  await expect(mergeTask(made.job, signal)).rejects.toMatchObject(none)
  expect(await taskOf(made)).toMatchObject(says)
  expect(await merge()).toMatchObject({ status: 'queued', ...says })
  await look(made.scope, made.requirementId)
  expect(await requirementOf(made)).toMatchObject({ nextActor: 'group', nextActorName: 'Owners and admins' })
  const { nextDeadline } = await taskOf(made)
  await expect(mergeTask(made.job, signal)).rejects.toMatchObject(none)
  expect((await taskOf(made)).nextDeadline).toEqual(nextDeadline)
  expect(await reminded('Task', made.requirementId)).toMatchObject({
    noun: 'task',
    actor: 'Owners and admins',
    act: 'remind',
  })
  machine.broken = false
  const working = mergeTask(made.job, signal)
  await vi.waitFor(async () => expect(await taskOf(made)).toMatchObject({ nextActor: 'system' }), 10_000)
  await working
  expect((await merge()).status).toBe('merged')
})

test('so does a verification, on the requirement', async () => {
  const made = await atStep('done', 'true')
  machine.broken = true
  await expect(verifyRequirement(made.job, signal)).rejects.toMatchObject(none)
  expect(await requirementOf(made)).toMatchObject({ verification: 'requested', ...says })
  expect(await reminded('Requirement', made.requirementId)).toMatchObject({
    noun: 'requirement',
    actor: 'Owners and admins',
    act: 'remind',
  })
  machine.broken = false
  await verifyRequirement(made.job, signal)
  await look(made.scope, made.requirementId)
  expect((await requirementOf(made)).closedAt).not.toBeNull()
})

describe('a proof that finds no sandbox asks a question', () => {
  async function asking() {
    const made = await atStep('proving', 'true')
    machine.broken = true
    await proveTask(made.job, signal)
    expect(await taskOf(made)).toMatchObject({ status: 'asking' })
    return made
  }
  const newest = ({ taskId }: { taskId: string }) =>
    database().decision.findFirstOrThrow({ where: { taskId }, orderBy: { createdAt: 'desc' } })

  test('which is withdrawn with its reason once there is one, and the proof goes on', async () => {
    const made = await asking()
    expect(await goOnWithSandbox()).toBe(0)
    expect(await newest(made)).toMatchObject({ kind: 'sandbox_missing', status: 'open' })
    machine.broken = false
    expect(await goOnWithSandbox()).toBe(1)
    expect(await goOnWithSandbox()).toBe(0)
    await settleDecisions()
    expect(await newest(made)).toMatchObject({
      status: 'withdrawn',
      comment: 'The sandbox works again: Orchestrator goes on by itself.',
    })
    expect(await made.events()).toContain('decision.withdrawn')
    const woken = await jobRows(made.scope.organizationId)
    expect(woken.map(({ data }) => data.name)).toContain('advance-requirement')
    await look(made.scope, made.requirementId)
    expect(await taskOf(made)).toMatchObject({ status: 'proving', nextActor: 'system' })
    expect(await made.events()).toContain('proof.requested')
    await proveTask(made.job, signal)
    expect((await made.events()).at(-1)).toBe('proof.recorded')
  })

  test('which somebody answered is left to its answer', async () => {
    const made = await asking()
    const { id } = await newest(made)
    await answerDecision(made.scope, { decisionId: id, option: 'skip', comment: '' })
    machine.broken = false
    expect(await goOnWithSandbox()).toBe(0)
    expect(await newest(made)).toMatchObject({ status: 'answered', answer: 'skip' })
  })

  test('which stands for a while when it comes again: perhaps only some machines have a sandbox', async () => {
    const made = await asking()
    machine.broken = false
    expect(await goOnWithSandbox()).toBe(1)
    await look(made.scope, made.requirementId)
    machine.broken = true // on the machine that takes it next
    await proveTask(made.job, signal)
    machine.broken = false
    expect(await goOnWithSandbox()).toBe(0)
    const { id } = await newest(made)
    await database().$executeRaw`
      update "Decision" set "createdAt" = "createdAt" - interval '61 seconds' where id = ${id}::uuid`
    await database().$executeRaw`
      update "Decision" set "createdAt" = "createdAt" - interval '90 seconds' where id <> ${id}::uuid`
    expect(await goOnWithSandbox()).toBe(1)
  })
})

test('the one or two people who may mend it are named', async () => {
  const made = await atStep('merging', 'true')
  for (const [name, role] of [
    ['Ada', 'admin'],
    ['Mia', 'member'],
  ] as const) {
    const members = { create: { organizationId: made.scope.organizationId, role } }
    await database().user.create({ data: { email: `${randomUUID()}@example.org`, name, members } })
  }
  machine.broken = true
  await expect(mergeTask(made.job, signal)).rejects.toMatchObject(none)
  expect(await taskOf(made)).toMatchObject({ nextActor: 'group', nextActorName: 'Ada' })
})

/** Ten minutes later the watchdog tells it. */
async function reminded(table: 'Task' | 'Requirement', requirementId: string) {
  const id = table === 'Task' ? '"requirementId"' : 'id'
  await database().$executeRawUnsafe(
    `update "${table}" set "nextDeadline" = "nextDeadline" - interval '11 minutes' where ${id} = $1::uuid`,
    requirementId,
  )
  await watch()
  const told = await database().event.findFirstOrThrow({
    where: { requirementId, type: 'actor.overdue' },
    orderBy: { sequence: 'asc' },
  })
  return told.payload
}

const lost = {
  nextActor: 'system',
  nextReason: expect.stringMatching(/^It can’t be .* for now: .+\. Orchestrator tries again/),
}
const nowhere = 'f'.repeat(40)

test('a merge or a verification whose repository or disk fails it is tried again, and asks nobody', async () => {
  machine.broken = false
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
