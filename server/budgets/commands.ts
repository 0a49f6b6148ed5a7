import { isScriptedModel } from '#server/agents/model'
import type { Scope } from '#server/auth/model'
import { cleanText } from '#server/kernel/clean-text'
import { databaseNow } from '#server/platform/database/clock'
import type { Budget } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { BudgetError } from './errors'
import { type ChangeBudget, changeBudgetInput, type Dimension, type ModelPriceDraft, modelPriceInput } from './model'
import { type BudgetOwner, findOwner } from './owner'
import { type Limits, lockBudget, saveLimits } from './repository'

/**
 * Sets or removes limits. A limit below what is spent and reserved lets no further call through; what runs is kept.
 * @throws BudgetError budget-owner-not-found
 */
export async function changeBudget(scope: Scope, given: ChangeBudget): Promise<{ id: string }> {
  const { level, microUsd, tokens, ms, ...asked } = changeBudgetInput.parse(given)
  const ownerId = asked.ownerId ?? (level === 'organization' ? scope.organizationId : '')
  return transaction(async (tx) => {
    const owner = await findOwner(tx, scope, level, ownerId)
    const before = await lockBudget(tx, scope.organizationId, level, ownerId)
    await applyLimits(tx, scope, owner, before, {
      limitMicroUsd: toLimit(microUsd),
      limitTokens: toLimit(tokens),
      limitMs: toLimit(ms),
    })
    return { id: before.id }
  })
}

function toLimit(amount: number | null | undefined): bigint | null | undefined {
  return typeof amount === 'number' ? BigInt(amount) : amount
}

const column = { money: 'limitMicroUsd', tokens: 'limitTokens', time: 'limitMs' } as const

/** Raises one limit to at least `to`, as an answered decision says; never lowers one that was raised meanwhile. */
export async function raiseLimit(
  tx: Transaction,
  scope: Scope,
  budgetId: string,
  raise: { dimension: Dimension; to: bigint },
): Promise<void> {
  const found = await tx.budget.findFirst({ where: { id: budgetId, organizationId: scope.organizationId } })
  if (!found) return
  const level = found.level as BudgetOwner['level']
  const owner = await findOwner(tx, scope, level, found.ownerId)
  const before = await lockBudget(tx, scope.organizationId, level, found.ownerId)
  const present = before[column[raise.dimension]]
  if (present === null || present >= raise.to) return
  await applyLimits(tx, scope, owner, before, { [column[raise.dimension]]: raise.to })
}

async function applyLimits(
  tx: Transaction,
  scope: Scope,
  owner: BudgetOwner,
  before: Budget,
  limits: Limits,
): Promise<void> {
  const after = await saveLimits(tx, before.id, limits)
  const from = limitsOf(before)
  const to = limitsOf(after)
  if (JSON.stringify(from) === JSON.stringify(to)) return
  await append(tx, scope, [
    {
      type: 'budget.changed',
      projectId: owner.projectId,
      requirementId: owner.requirementId,
      taskId: owner.taskId,
      payload: { level: owner.level, name: owner.name, from, to },
    },
  ])
}

function limitsOf(row: Budget) {
  const amount = (value: bigint | null) => (value === null ? null : Number(value))
  return { microUsd: amount(row.limitMicroUsd), tokens: amount(row.limitTokens), ms: amount(row.limitMs) }
}

/** Sets what the organization pays for a model; it goes before the list that comes with the product. */
export async function setModelPrice(scope: Scope, given: ModelPriceDraft): Promise<void> {
  const draft = modelPriceInput.parse(given)
  const model = cleanText(draft.model)
  if (isScriptedModel(model)) {
    throw new BudgetError({
      code: 'scripted-price',
      kind: 'invalid',
      message: 'Scripted models call no AI model, so they have no price. Nothing was changed.',
    })
  }
  const { input, output, cacheRead = input, cacheWrite = input } = draft
  const { organizationId } = scope
  await transaction(async (tx) => {
    const rates = { input, output, cacheRead, cacheWrite, setBy: scope.actor.name, setAt: await databaseNow(tx) }
    await tx.modelPrice.upsert({
      where: { organizationId_model: { organizationId, model } },
      create: { organizationId, model, ...rates },
      update: rates,
    })
    await append(tx, scope, [{ type: 'price.changed', payload: { model, input, output } }])
  })
}

/** Goes back to the list that comes with the product, if it knows the model. Without a price of its own: nothing to do. */
export async function removeModelPrice(scope: Scope, model: string): Promise<void> {
  await transaction(async (tx) => {
    const { count } = await tx.modelPrice.deleteMany({ where: { organizationId: scope.organizationId, model } })
    if (count > 0) await append(tx, scope, [{ type: 'price.removed', payload: { model } }])
  })
}
