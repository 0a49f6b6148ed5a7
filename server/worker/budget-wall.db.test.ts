import { afterAll, beforeAll, expect, test } from 'vitest'
import { changeBudget } from '#server/budgets/commands'
import { answerDecision } from '#server/decisions/commands'
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

/** Of an organization in which nobody has a name yet. */
const WALL = 'owners and admins'

/**
 * Waits until the scheduler itself has looked at the run that was laid aside, and the requirement says what it waits
 * for. False when room came back meanwhile, and the question is not asked any more.
 */
async function showsTheWall(id: string, decisionId: string): Promise<boolean> {
  const seen = await until(async () => {
    const { status } = await database().decision.findUniqueOrThrow({ where: { id: decisionId } })
    if (status !== 'open') return 'gone'
    const asked = await database().event.findFirst({ where: { decisionId, type: 'run.asked' } })
    const { advancedTo, nextReason } = await database().requirement.findUniqueOrThrow({ where: { id } })
    return asked && advancedTo >= asked.sequence && nextReason.includes(WALL) ? 'shown' : null
  })
  return seen === 'shown'
}

test('a requirement meets its budget, waits, is given more, and ends done without ever having spent too much', async () => {
  const { scope, projectId } = await makeProject('automatic')
  const text = "# Slugs\n\n- `slugify('Hello World')` returns `'hello-world'`.\n"
  await changeBudget(scope, { level: 'project', ownerId: projectId, tokens: 20_000 })
  const { id } = await submitRequirement(scope, { projectId, text, source: 'api' })
  let walls = 0
  const ended = await until(async () => {
    const { limitTokens, spentTokens, reservedTokens } = await database().budget.findFirstOrThrow({
      where: { level: 'project', ownerId: projectId },
    })
    expect(spentTokens + reservedTokens).toBeLessThanOrEqual(limitTokens ?? 0n)
    for (const decision of await database().decision.findMany({ where: { projectId, status: 'open' } })) {
      if (decision.kind === 'budget_wall') {
        if (!(await showsTheWall(id, decision.id))) continue
        walls += 1
      }
      await answerDecision(scope, { decisionId: decision.id, option: decision.recommended as string, comment: '' })
      // Held for ten seconds, in which it can be undone; the test does not wait for them.
      if (decision.kind === 'budget_wall') {
        await database().decision.update({ where: { id: decision.id }, data: { effectiveAt: null } })
        await changeBudget(scope, { level: 'organization', tokens: 10_000_000 + walls })
      }
    }
    const row = await database().requirement.findUniqueOrThrow({ where: { id } })
    return isClosed(row.status as RequirementStatus) ? row : null
  }, 150_000)
  expect({ status: ended.status, reason: ended.statusReason }).toMatchObject({ status: 'done' })
  expect(walls).toBeGreaterThan(0)
  expect(await database().run.count({ where: { requirementId: id, status: 'failed' } })).toBe(0)
  const budget = await database().budget.findFirstOrThrow({ where: { level: 'requirement', ownerId: id } })
  const turns = await database().turn.findMany({ where: { run: { requirementId: id } } })
  const used = turns.reduce(
    (sum, turn) => sum + turn.inputTokens + turn.cacheReadTokens + turn.cacheWriteTokens + turn.outputTokens,
    0,
  )
  expect([budget.reservedTokens, budget.spentTokens, budget.spentMicroUsd]).toEqual([0n, BigInt(used), 0n])
})
