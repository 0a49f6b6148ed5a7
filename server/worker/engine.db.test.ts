import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Scope } from '#server/auth/model'
import { answerDecision } from '#server/decisions/commands'
import { type EventType, events } from '#server/events'
import { database } from '#server/platform/database/client'
import { until } from '#server/platform/queue/testing'
import { submitRequirement } from '#server/requirements/commands'
import { isClosed, type RequirementStatus } from '#server/requirements/model'
import { makeProject, startEngine } from './testing'

let engine: Awaited<ReturnType<typeof startEngine>>
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine?.stop())

/** Answers every decision with its recommended option until the requirement has ended. */
async function finish(scope: Scope, requirementId: string, onDecision: () => Promise<void> = async () => {}) {
  return until(async () => {
    const open = await database().decision.findMany({ where: { requirementId, status: 'open' } })
    for (const decision of open) {
      await onDecision()
      await answerDecision(scope, { decisionId: decision.id, option: decision.recommended as string, comment: '' })
    }
    const row = await database().requirement.findUniqueOrThrow({
      where: { id: requirementId },
      include: { statements: { orderBy: { position: 'asc' } } },
    })
    return isClosed(row.status as RequirementStatus) ? row : null
  })
}

test('the sample goes from text to proven, merged software; a worker lost in the middle costs nothing twice', async () => {
  const { scope, projectId } = await makeProject('ask')
  const text = await readFile('samples/task-board.md', 'utf8')
  const { id } = await submitRequirement(scope, { projectId, text, source: 'sample' })
  let restarts = 0
  const inHand = new Set<string>()
  const ended = await finish(scope, id, async () => {
    if (restarts++ >= 2) return
    const running = await database().run.findMany({ where: { requirementId: id, status: 'running' } })
    for (const run of running) inHand.add(run.id)
    await engine.restartWorker()
  })
  const missing = ended.statements.filter((item) => item.kind !== 'context' && item.outcome !== 'proven')
  const tasks = await database().task.findMany({ where: { requirementId: id } })
  const lost = tasks
    .filter((task) => task.status !== 'done')
    .map(({ ref, title, statusReason }) => ({ ref, title, statusReason }))
  expect({ missing, lost, status: ended.status }).toEqual({ missing: [], lost: [], status: 'done' })

  for (const event of await database().event.findMany({ where: { organizationId: scope.organizationId } })) {
    const schema = events[event.type as EventType]
    expect(schema?.safeParse(event.payload).error?.message, event.type).toBeUndefined()
  }

  const runs = await database().run.findMany({ where: { requirementId: id }, include: { turns: true } })
  const requests = engine.scripted.journal().filter((entry) => entry.runId && entry.status === 200)
  // Only what was under way when a worker ended, and so was not stored, may have been asked for again.
  const paid = new Map<string, number>()
  for (const { requestHash, runId } of requests) {
    const key = inHand.has(runId as string) ? `${runId} in hand` : requestHash
    paid.set(key, (paid.get(key) ?? 0) + 1)
  }
  for (const run of runs.filter(({ id: runId }) => inHand.has(runId))) {
    expect((paid.get(`${run.id} in hand`) ?? 0) - run.turns.length).toBeLessThanOrEqual(2)
    paid.delete(`${run.id} in hand`)
  }
  expect(runs.flatMap((run) => run.turns).length).toBeGreaterThan(10)
  expect([...paid.values()].filter((count) => count > 1)).toEqual([])
  const reviews = runs.filter((run) => run.purpose === 'review')
  expect(reviews.length).toBe(tasks.length)
  for (const review of reviews) {
    const reviewed = runs.find(
      (run) => run.purpose === 'implement' && run.commit === review.baseCommit && run.taskId === review.taskId,
    )
    expect(review.connector).not.toBe(reviewed?.connector)
  }
})
