/** Plans changed while real workers are at work: what was paid stays paid once, and the work still ends proven. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Scope } from '#server/auth/model'
import { answerDecision } from '#server/decisions/commands'
import { changePlan, undoChange } from '#server/planner/changes'
import { settleDueChanges } from '#server/planner/settle'
import { database } from '#server/platform/database/client'
import { until } from '#server/platform/queue/testing'
import { submitRequirement } from '#server/requirements/commands'
import { isClosed, type RequirementStatus } from '#server/requirements/model'
import { advanceRequirement } from '#server/scheduler/handlers'
import { makeProject, startEngine, untilLetGo } from './testing'

let engine: Awaited<ReturnType<typeof startEngine>>
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine?.stop())

const text = "# Slugs\n\n- `slugify('Hello World')` returns `'hello-world'`.\n"

async function ended(scope: Scope, id: string) {
  return until(async () => {
    for (const decision of await database().decision.findMany({ where: { requirementId: id, status: 'open' } })) {
      await answerDecision(scope, { decisionId: decision.id, option: decision.recommended as string, comment: '' })
    }
    const row = await database().requirement.findUniqueOrThrow({ where: { id } })
    return isClosed(row.status as RequirementStatus) ? row : null
  })
}

/** A requirement whose first task is at work, slowly. */
async function atWork(): Promise<{ scope: Scope; id: string; projectId: string; runId: string }> {
  const queue = [{ kind: 'drip', delayMs: 80, purpose: 'implement' }]
  await fetch(`${engine.scripted.url}/__control`, { method: 'POST', body: JSON.stringify({ queue }) })
  const { scope, projectId } = await makeProject('automatic')
  const { id } = await submitRequirement(scope, { projectId, text, source: 'api' })
  const run = await until(() =>
    database().run.findFirst({ where: { requirementId: id, purpose: 'implement', status: 'running' } }),
  )
  return { scope, id, projectId, runId: run.id }
}

/** The provider's own journal: each stored turn was asked for once; a call that was cut off may come again. */
async function paidOnce(id: string, mostCutOff: number): Promise<void> {
  const turns = await database().turn.findMany({ where: { run: { requirementId: id } }, select: { runId: true } })
  let cutOff = 0
  for (const runId of new Set(turns.map((turn) => turn.runId))) {
    const stored = turns.filter((turn) => turn.runId === runId).length
    const asked = engine.scripted.journal().filter((entry) => entry.runId === runId && entry.status === 200)
    expect(new Set(asked.map((entry) => entry.requestHash)).size).toBe(stored)
    cutOff += asked.length - stored
  }
  expect(cutOff).toBeLessThanOrEqual(mostCutOff)
}

test('paused in the middle of a run, resumed from its journal: done, and no stored turn was paid twice', async () => {
  const { scope, id, projectId, runId } = await atWork()
  await changePlan(scope, { requirementId: id, change: { kind: 'pause' } })
  const run = () => database().run.findUniqueOrThrow({ where: { id: runId } })
  expect(await run()).toMatchObject({ status: 'paused' })
  await untilLetGo(id)
  const turns = await database().turn.count({ where: { run: { requirementId: id } } })
  // Whoever looks while it is paused finds nothing to do.
  for (let looks = 0; looks < 3; looks += 1) {
    await advanceRequirement({ organizationId: scope.organizationId, projectId, requirementId: id })
  }
  expect(await run()).toMatchObject({ status: 'paused' })
  expect(await database().run.count({ where: { requirementId: id, status: { in: ['queued', 'running'] } } })).toBe(0)
  expect(await database().turn.count({ where: { run: { requirementId: id } } })).toBe(turns)

  await changePlan(scope, { requirementId: id, change: { kind: 'resume' } })
  expect((await ended(scope, id)).status).toBe('done')
  expect(await run()).toMatchObject({ status: 'finished' })
  await paidOnce(id, 1)
})

test('left out and undone while it runs: the same run goes on and the requirement ends done', async () => {
  const { scope, id, runId } = await atWork()
  const { taskId } = await database().run.findUniqueOrThrow({ where: { id: runId } })
  const { ref: task } = await database().task.findUniqueOrThrow({ where: { id: taskId as string } })
  await changePlan(scope, { requirementId: id, change: { kind: 'revise', changes: [{ kind: 'skip', task }] } })
  await settleDueChanges()
  expect(await database().planChange.count({ where: { requirementId: id, state: 'open' } })).toBe(1)
  expect(await database().run.findUniqueOrThrow({ where: { id: runId } })).toMatchObject({ status: 'paused' })
  await undoChange(scope, { requirementId: id })
  expect((await ended(scope, id)).status).toBe('done')
  expect(await database().run.findUniqueOrThrow({ where: { id: runId } })).toMatchObject({ status: 'finished' })
  await paidOnce(id, 1)
})

test('retried with other words while it runs: the attempt is cancelled, a new one is told the new words', async () => {
  const { scope, id, runId } = await atWork()
  const { taskId } = await database().run.findUniqueOrThrow({ where: { id: runId } })
  const { ref: task } = await database().task.findUniqueOrThrow({ where: { id: taskId as string } })
  const instructions = 'Write slugify with great care.'
  const change = { kind: 'revise' as const, changes: [{ kind: 'retry' as const, task, instructions }] }
  await changePlan(scope, { requirementId: id, change, undoSeconds: 0 })
  expect(await database().run.findUniqueOrThrow({ where: { id: runId } })).toMatchObject({ status: 'cancelled' })
  const next = await until(() =>
    database().run.findFirst({ where: { taskId, purpose: 'implement', id: { not: runId } } }),
  )
  expect(JSON.stringify(next.prompt)).toContain(instructions)
  expect((await ended(scope, id)).status).toBe('done')
})
