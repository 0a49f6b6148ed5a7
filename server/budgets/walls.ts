import { capabilitySchema } from '#server/agents/model'
import type { Scope } from '#server/auth/model'
import { roleFor } from '#server/auth/rules/permissions'
import { raiseDecision } from '#server/decisions/commands'
import { expectationsOf } from '#server/decisions/expectations'
import { isEffective } from '#server/decisions/rules/lifecycle'
import { askedOf } from '#server/decisions/waiting'
import { databaseNow } from '#server/platform/database/clock'
import type { Agent, Budget, BudgetWall, Decision } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { availableProviders } from '#server/secrets/queries'
import type { Asked } from '#server/tasks/model'
import { raiseLimit } from './commands'
import type { BudgetLevel, Dimension, WallOption, WallReason } from './model'
import { findOwner } from './owner'
import { currentPrice } from './price'
import { type Count, countOf, verdictAtWall } from './rules/room'
import { type WallFacts, wallQuestion } from './rules/wall'
import { worstCost } from './rules/worst-case'

/** A run whose next call a budget refused. */
export interface Refused {
  run: { id: string; projectId: string; requirementId: string; taskId: string | null; purpose: string }
  agent: Pick<Agent, 'id' | 'name'>
  model: string
  budgetId: string
  reason: WallReason
  /** the worst case of the call; money null without a price */
  needed: { microUsd: number | null; tokens: number; ms: number; inputTokens: number; outputTokens: number }
  scripted: boolean
  /** milliseconds for which the run has been held back already */
  heldMs: number
}

export type AtWall =
  /** there is room again, or soon will be: what calls under way reserved is given back when they end */
  { kind: 'wait' } | { kind: 'asked'; decisionId: string; question: string; asked: Asked; deadline: Date }

/**
 * What a run at the wall waits for. One question for each budget, however many runs wait: whoever comes later joins.
 * Call it in the transaction that lays the run aside.
 */
export async function joinWall(tx: Transaction, scope: Scope, refused: Refused): Promise<AtWall> {
  await tx.$queryRaw`select id from "Budget" where id = ${refused.budgetId}::uuid for no key update`
  const budget = await tx.budget.findUniqueOrThrow({ where: { id: refused.budgetId } })
  const count = refused.reason === 'unpriced' ? null : countOf(budget, refused.reason)
  const needed = neededIn(refused)
  if (count && verdictAtWall(count, needed, refused.heldMs) === 'wait') return { kind: 'wait' }
  const open = await openWall(tx, budget.id)
  const decision = open ?? (await raiseWall(tx, scope, budget, refused, count, needed))
  const row = await tx.decision.findUniqueOrThrow({ where: { id: decision.decisionId } })
  const asked = await askedOf(tx, row)
  return { kind: 'asked', decisionId: row.id, question: row.question, asked, deadline: row.nextDeadline }
}

function neededIn({ reason, needed }: Refused): number {
  if (reason === 'tokens') return needed.tokens
  return reason === 'time' ? needed.ms : (needed.microUsd ?? 0)
}

/** The question at this budget that is not settled yet. The caller holds the budget's lock. */
function openWall(tx: Transaction, budgetId: string): Promise<BudgetWall | null> {
  return tx.budgetWall.findFirst({ where: { budgetId, settledAt: null }, orderBy: { createdAt: 'desc' } })
}

/** What an attempt takes is read only for the option that needs it. */
const unknown: WallFacts['attempt'] = { microUsd: null, ms: null }

async function raiseWall(
  tx: Transaction,
  scope: Scope,
  budget: Budget,
  refused: Refused,
  count: Count | null,
  needed: number,
): Promise<{ decisionId: string }> {
  const { run, agent, model, reason } = refused
  const level = budget.level as BudgetLevel
  const owner = await findOwner(tx, scope, level, budget.ownerId)
  const cheaper = await cheaperAgent(tx, scope, refused)
  const ofRun = { projectId: run.projectId, requirementId: run.requirementId, taskId: run.taskId ?? undefined }
  const facts: WallFacts = {
    level,
    owner: owner.name,
    reason,
    limit: count?.limit ?? null,
    spent: count?.spent ?? 0,
    reserved: count?.reserved ?? 0,
    needed,
    model,
    agentName: agent.name,
    cheaper,
    attempt: cheaper ? (await expectationsOf(tx, scope.organizationId, ofRun, null)).attempt : unknown,
  }
  const { raiseTo, ...question } = wallQuestion(facts)
  const earlier = await tx.budgetWall.count({ where: { budgetId: budget.id } })
  const { id } = await raiseDecision(scope, {
    ...question,
    kind: 'budget_wall',
    projectId: owner.projectId ?? run.projectId,
    requirementId: owner.requirementId,
    taskId: owner.taskId,
    dedupeKey: `budget:${budget.id}:${earlier}`,
    // Raising a budget is a change of it.
    answerRole: roleFor('budget.change'),
    resumes: 'Every run that waits for this budget goes on.',
    features: { mark: level },
  })
  await tx.budgetWall.create({
    data: {
      decisionId: id,
      organizationId: scope.organizationId,
      budgetId: budget.id,
      dimension: reason,
      needed: BigInt(needed),
      raiseTo: raiseTo === null ? null : BigInt(raiseTo),
      cheaperAgentId: cheaper?.id ?? null,
    },
  })
  return { decisionId: id }
}

/** Below this share of the present cost an agent counts as cheaper. */
const CHEAPER_BELOW = 0.9

/** The cheapest enabled agent that can do the same task with a key and a price; only for work on tasks in money. */
async function cheaperAgent(
  tx: Transaction,
  scope: Scope,
  { run, agent, needed, scripted }: Refused,
): Promise<{ id: string; name: string; share: number } | null> {
  if (scripted || run.purpose !== 'implement' || run.taskId === null) return null
  const task = await tx.task.findUniqueOrThrow({ where: { id: run.taskId }, select: { capability: true } })
  const withKey: string[] = await availableProviders(scope)
  const others = await tx.agent.findMany({
    where: {
      organizationId: scope.organizationId,
      enabled: true,
      id: { not: agent.id },
      capabilities: { has: capabilitySchema.parse(task.capability) },
    },
  })
  const now = await databaseNow(tx)
  let best: { id: string; name: string; share: number } | null = null
  for (const other of others.filter((candidate) => withKey.includes(candidate.provider))) {
    const price = await currentPrice(scope.organizationId, other.model, now)
    if (price === null) continue
    const cost = worstCost(price.rates, needed.inputTokens, needed.outputTokens)
    // Against a model without a price any price is an improvement.
    const share = needed.microUsd === null ? 0.5 : cost / needed.microUsd
    if (share < (best?.share ?? CHEAPER_BELOW)) best = { id: other.id, name: other.name, share }
  }
  return best
}

/** What becomes of the runs that wait at a wall. */
export type WallEnd =
  | { kind: 'resume' }
  | { kind: 'cheaper'; agentId: string }
  | { kind: 'stop'; level: BudgetLevel; reason: string }

/**
 * Walls of the organization that can be settled now, each with its end: answered, or no longer in the way because
 * somebody raised the budget or set the price meanwhile. Settles them; the caller moves the runs in the same
 * transaction.
 */
export async function settleWalls(
  tx: Transaction,
  scope: Scope,
): Promise<{ decisionId: string; answeredBy: string; end: WallEnd }[]> {
  const { organizationId } = scope
  const walls = await tx.budgetWall.findMany({
    where: { organizationId, settledAt: null },
    orderBy: { budgetId: 'asc' },
  })
  const settled = []
  for (const wall of walls) {
    await tx.$queryRaw`select id from "Budget" where id = ${wall.budgetId}::uuid for no key update`
    await tx.$queryRaw`select id from "Decision" where id = ${wall.decisionId}::uuid for update`
    const present = await tx.budgetWall.findUniqueOrThrow({ where: { decisionId: wall.decisionId } })
    if (present.settledAt !== null) continue
    const decision = await tx.decision.findUniqueOrThrow({ where: { id: wall.decisionId } })
    const end = await endOf(tx, scope, wall, decision)
    if (end === null) continue
    await tx.budgetWall.update({ where: { decisionId: wall.decisionId }, data: { settledAt: await databaseNow(tx) } })
    settled.push({ decisionId: wall.decisionId, answeredBy: decision.answeredBy, end })
  }
  return settled
}

async function endOf(tx: Transaction, scope: Scope, wall: BudgetWall, decision: Decision): Promise<WallEnd | null> {
  if (decision.status === 'open') {
    if (!(await isGone(tx, scope, wall, decision))) return null
    const comment = 'No longer needed: the budget or the price was changed meanwhile.'
    await tx.decision.update({ where: { id: decision.id }, data: { status: 'withdrawn', comment } })
    return { kind: 'resume' }
  }
  if (decision.status !== 'answered') return { kind: 'resume' }
  if (!isEffective(decision, await databaseNow(tx))) return null
  return answered(tx, scope, wall, decision)
}

async function answered(tx: Transaction, scope: Scope, wall: BudgetWall, decision: Decision): Promise<WallEnd> {
  const option = decision.answer as WallOption
  const reason = decision.comment || `The budget was used up, and ${decision.answeredBy} decided to end it.`
  if (option === 'stop') {
    const budget = await tx.budget.findUniqueOrThrow({ where: { id: wall.budgetId }, select: { level: true } })
    return { kind: 'stop', level: budget.level as BudgetLevel, reason }
  }
  if (option === 'cheaper' && wall.cheaperAgentId) return { kind: 'cheaper', agentId: wall.cheaperAgentId }
  if (wall.raiseTo !== null && wall.dimension !== 'unpriced') {
    const by: Scope = { ...scope, actor: { kind: 'user', id: decision.answeredById, name: decision.answeredBy } }
    await raiseLimit(tx, by, wall.budgetId, { dimension: wall.dimension as Dimension, to: wall.raiseTo })
  }
  return { kind: 'resume' }
}

/** True when the call that was refused first would go through now. */
async function isGone(tx: Transaction, scope: Scope, wall: BudgetWall, decision: Decision): Promise<boolean> {
  const budget = await tx.budget.findUniqueOrThrow({ where: { id: wall.budgetId } })
  if (wall.dimension === 'unpriced') {
    if (budget.limitMicroUsd === null) return true
    const waiting = await tx.run.findMany({
      where: { waitsFor: decision.id, status: 'asking' },
      select: { model: true },
      distinct: ['model'],
    })
    const now = await databaseNow(tx)
    const prices = await Promise.all(waiting.map((run) => currentPrice(scope.organizationId, run.model, now)))
    return prices.length > 0 && prices.every((price) => price !== null)
  }
  const count = countOf(budget, wall.dimension as Dimension)
  return count === null || count.spent + Number(wall.needed) <= count.limit
}
