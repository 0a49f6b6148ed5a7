import type { Budget } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import type { BudgetLevel } from './model'

/** The budget of something, made without limits if there is none, locked until the transaction ends. */
export async function lockBudget(
  tx: Transaction,
  organizationId: string,
  level: BudgetLevel,
  ownerId: string,
): Promise<Budget> {
  await tx.$executeRaw`
    insert into "Budget" (id, "organizationId", level, "ownerId")
    values (gen_random_uuid(), ${organizationId}::uuid, ${level}, ${ownerId}::uuid) on conflict (level, "ownerId") do nothing`
  await tx.$queryRaw`
    select id from "Budget" where level = ${level} and "ownerId" = ${ownerId}::uuid for no key update`
  return tx.budget.findUniqueOrThrow({ where: { level_ownerId: { level, ownerId } } })
}

export interface Limits {
  limitMicroUsd?: bigint | null
  limitTokens?: bigint | null
  limitMs?: bigint | null
}

export function saveLimits(tx: Transaction, id: string, limits: Limits): Promise<Budget> {
  return tx.budget.update({ where: { id }, data: limits })
}
