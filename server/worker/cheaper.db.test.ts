import { afterAll, beforeAll, expect, test } from 'vitest'
import { changeBudget, setModelPrice } from '#server/budgets/commands'
import { answerDecision } from '#server/decisions/commands'
import { database } from '#server/platform/database/client'
import { until } from '#server/platform/queue/testing'
import { submitRequirement } from '#server/requirements/commands'
import { isClosed, type RequirementStatus } from '#server/requirements/model'
import { makeProject, startEngine } from './testing'

/** Dollars per million tokens, set by an admin: the shipped list knows none of these models. */
const prices = { 'analyst-model': 1, 'dear-model': 20, 'cheap-model': 1, 'validator-model': 1 }

let engine: Awaited<ReturnType<typeof startEngine>>
beforeAll(async () => {
  engine = await startEngine({
    'analyst-model': 'scripted-analyst',
    'dear-model': 'scripted-implementer',
    'cheap-model': 'scripted-reasoner',
    'validator-model': 'scripted-validator',
  })
})
afterAll(() => engine?.stop())

test('at the wall of a budget in money the cheaper agent takes over, ends the task, and nothing is overspent', async () => {
  const { scope, projectId } = await makeProject('automatic')
  const { organizationId } = scope
  await database().project.update({ where: { id: projectId }, data: { providerMode: 'live' } })
  const agent = (role: string, data: object) => database().agent.updateMany({ where: { organizationId, role }, data })
  await agent('analyst', { model: 'analyst-model' })
  await agent('implementer', { model: 'dear-model' })
  await agent('validator', { model: 'validator-model' })
  // The dear one is a specialist, so it is chosen first although it costs more.
  await agent('reasoner', { model: 'cheap-model', capabilities: ['code', 'reasoning', 'validation'] })
  await agent('integrator', { enabled: false })
  for (const [model, price] of Object.entries(prices)) {
    await setModelPrice(scope, { model, input: price, output: price, cacheRead: price, cacheWrite: price })
  }
  await changeBudget(scope, { level: 'project', ownerId: projectId, microUsd: 600_000 })
  const text = "# Slugs\n\n- `slugify('Hello World')` returns `'hello-world'`.\n"
  const { id } = await submitRequirement(scope, { projectId, text, source: 'api' })
  const asked: string[] = []
  const ended = await until(async () => {
    const budget = await database().budget.findFirstOrThrow({ where: { level: 'project', ownerId: projectId } })
    expect(budget.spentMicroUsd + budget.reservedMicroUsd).toBeLessThanOrEqual(budget.limitMicroUsd ?? 0n)
    for (const decision of await database().decision.findMany({ where: { projectId, status: 'open' } })) {
      const options = (decision.options as { id: string }[]).map((option) => option.id)
      asked.push(`${decision.kind}: ${options.join(', ')}`)
      const option = decision.kind === 'budget_wall' ? 'cheaper' : (decision.recommended as string)
      await answerDecision(scope, { decisionId: decision.id, option, comment: '' })
      await database().decision.update({ where: { id: decision.id }, data: { effectiveAt: null } })
      // What settles walls looks once more when a budget changes; the answer's ten seconds are over.
      await changeBudget(scope, { level: 'organization', tokens: 10_000_000 + asked.length })
    }
    const row = await database().requirement.findUniqueOrThrow({ where: { id } })
    return isClosed(row.status as RequirementStatus) ? row : null
  })
  expect(asked).toEqual(['budget_wall: raise, cheaper, stop'])
  expect({ status: ended.status, reason: ended.statusReason }).toMatchObject({ status: 'done' })
  const tasks = await database().task.findMany({ where: { requirementId: id } })
  expect(tasks.map(({ status }) => status)).toEqual(tasks.map(() => 'done'))
  const handedOver = await database().run.findFirstOrThrow({ where: { requirementId: id, status: 'cancelled' } })
  expect(handedOver.errorMessage).toBe('The budget was used up; Reasoner goes on for less.')
  const taskId = handedOver.taskId as string
  const attempts = { where: { taskId, purpose: 'implement' }, orderBy: { createdAt: 'asc' } } as const
  expect((await database().run.findMany(attempts)).map(({ model, status }) => [model, status])).toEqual([
    ['dear-model', 'cancelled'],
    ['cheap-model', 'finished'],
  ])
  const task = await database().task.findUniqueOrThrow({ where: { id: taskId } })
  const facts = (task.assignment as { candidates: { name: string; facts: string[] }[] }).candidates
  expect(facts.flatMap((candidate) => candidate.facts)).toContain('$1 per million output tokens')
  const budget = await database().budget.findFirstOrThrow({ where: { level: 'project', ownerId: projectId } })
  const turns = await database().turn.findMany({ where: { run: { requirementId: id } } })
  expect(budget.reservedMicroUsd).toBe(0n)
  expect(budget.spentMicroUsd).toBe(BigInt(turns.reduce((sum, turn) => sum + (turn.costMicroUsd ?? 0), 0)))
})
