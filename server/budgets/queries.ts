import { priceOf } from '#server/agents/rules/pricing'
import type { Scope } from '#server/auth/model'
import { reader } from '#server/platform/database/transaction'
import { type BudgetLevel, type Dimension, dimensions } from './model'
import { findOwner } from './owner'
import { countOf, usedOf } from './rules/room'
import { inWords } from './rules/wall'

/** One kind of a budget, in its unit (millionths of a dollar, tokens, milliseconds) and in words. */
export interface BudgetPart {
  dimension: Dimension
  limit: number | null
  spent: number
  reserved: number
  limitWords: string
  spentWords: string
  reservedWords: string
  /** what it ends with if every unfinished task is as dear as the dearest so far; null when nothing is known */
  forecastWords: string | null
}

export interface BudgetView {
  level: BudgetLevel
  ownerId: string
  name: string
  parts: BudgetPart[]
}

/** The budget of something, with zeros while nothing was used. @throws BudgetError budget-owner-not-found */
export async function budgetOf(
  scope: Scope,
  { level, ownerId }: { level: BudgetLevel; ownerId?: string },
): Promise<BudgetView> {
  const id = level === 'organization' ? (ownerId ?? scope.organizationId) : (ownerId ?? '')
  const owner = await findOwner(reader(), scope, level, id)
  const row = await reader().budget.findFirst({ where: { level, ownerId: id, organizationId: scope.organizationId } })
  const unfinished = level === 'task' ? null : await unfinishedTasks(scope, level, id)
  const parts = dimensions.map((dimension): BudgetPart => {
    const { spent, reserved } = row ? usedOf(row, dimension) : { spent: 0, reserved: 0 }
    const limit = row ? (countOf(row, dimension)?.limit ?? null) : null
    // Scripted work has no money, and neither has work without a price: that is not nothing.
    const none = dimension === 'money' && spent === 0 && reserved === 0
    const say = (amount: number) => (none ? 'n/a' : inWords(dimension, amount))
    const dearest = unfinished?.dearest[dimension] ?? null
    const forecast = dearest === null || none ? null : say(spent + reserved + dearest * (unfinished?.count ?? 0))
    return {
      dimension,
      limit,
      spent,
      reserved,
      limitWords: limit === null ? 'no limit' : inWords(dimension, limit),
      spentWords: say(spent),
      reservedWords: say(reserved),
      forecastWords: forecast,
    }
  })
  return { level, ownerId: id, name: owner.name, parts }
}

/** Tasks that are still to be done, and what the dearest finished one used. */
async function unfinishedTasks(scope: Scope, level: Exclude<BudgetLevel, 'task'>, id: string) {
  const { organizationId } = scope
  const place = { organization: {}, project: { projectId: id }, requirement: { requirementId: id } }[level]
  const where = { organizationId, ...place }
  const count = await reader().task.count({ where: { ...where, status: { notIn: ['done', 'failed', 'cancelled'] } } })
  const done = await reader().task.findMany({ where: { ...where, status: 'done' }, select: { id: true }, take: 1_000 })
  const most = await reader().budget.aggregate({
    where: { level: 'task', ownerId: { in: done.map((task) => task.id) } },
    _max: { spentMicroUsd: true, spentTokens: true, spentMs: true },
  })
  const amount = (value: bigint | null) => (value === null ? null : Number(value))
  const dearest = {
    money: amount(most._max.spentMicroUsd),
    tokens: amount(most._max.spentTokens),
    time: amount(most._max.spentMs),
  }
  return { count, dearest }
}

export interface ModelPriceView {
  model: string
  /** own: set here; list: comes with the product; none: blocked where money is limited */
  source: 'own' | 'list' | 'none'
  /** US dollars per million tokens */
  input: number | null
  output: number | null
  agents: string[]
  setBy: string
}

/** Every model that an agent uses or a price was set for. */
export async function modelPrices(scope: Scope): Promise<ModelPriceView[]> {
  const { organizationId } = scope
  const [agents, own] = await Promise.all([
    reader().agent.findMany({ where: { organizationId }, select: { name: true, model: true } }),
    reader().modelPrice.findMany({ where: { organizationId } }),
  ])
  const models = [...new Set([...agents.map((agent) => agent.model), ...own.map((price) => price.model)])].sort()
  return models.map((model) => {
    const users = agents.filter((agent) => agent.model === model).map((agent) => agent.name)
    const set = own.find((price) => price.model === model)
    if (set) return { model, source: 'own', input: set.input, output: set.output, agents: users, setBy: set.setBy }
    const listed = priceOf(model, new Date())
    if (listed) return { model, source: 'list', input: listed.in, output: listed.out, agents: users, setBy: '' }
    return { model, source: 'none', input: null, output: null, agents: users, setBy: '' }
  })
}
