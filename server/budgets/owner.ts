import type { Scope } from '#server/auth/model'
import type { Transaction } from '#server/platform/database/transaction'
import { BudgetError } from './errors'
import type { BudgetLevel } from './model'

/** What a budget belongs to, and what people call it. */
export interface BudgetOwner {
  level: BudgetLevel
  name: string
  projectId?: string
  requirementId?: string
  taskId?: string
}

/** @throws BudgetError budget-owner-not-found, also for things of another organization */
export async function findOwner(
  tx: Transaction,
  scope: Scope,
  level: BudgetLevel,
  ownerId: string,
): Promise<BudgetOwner> {
  const owner = ownerId === '' ? null : await find(tx, scope.organizationId, level, ownerId)
  if (owner) return { level, ...owner }
  throw new BudgetError({
    code: 'budget-owner-not-found',
    kind: 'not-found',
    message: `There is no such ${level} here, so it has no budget. The address may be incomplete.`,
  })
}

async function find(
  tx: Transaction,
  organizationId: string,
  level: BudgetLevel,
  id: string,
): Promise<Omit<BudgetOwner, 'level'> | null> {
  const where = { id, organizationId }
  if (level === 'organization') {
    const row = await tx.organization.findFirst({ where: { id, AND: { id: organizationId } }, select: { name: true } })
    return row && { name: `the organization ${row.name}` }
  }
  if (level === 'project') {
    const row = await tx.project.findFirst({ where, select: { name: true } })
    return row && { name: `the project ${row.name}`, projectId: id }
  }
  if (level === 'requirement') {
    const row = await tx.requirement.findFirst({ where, select: { number: true, title: true, projectId: true } })
    return row && { name: `R${row.number} “${row.title}”`, projectId: row.projectId, requirementId: id }
  }
  const row = await tx.task.findFirst({
    where,
    select: { ref: true, title: true, projectId: true, requirementId: true },
  })
  return (
    row && { name: `${row.ref} “${row.title}”`, projectId: row.projectId, requirementId: row.requirementId, taskId: id }
  )
}
