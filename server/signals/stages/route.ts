import type { Scope } from '#server/auth/model'
import type { Transaction } from '#server/platform/database/transaction'
import { type Route, type RouteFacts, route } from '../rules/route'

/** Loads who could get it, and lets the rule choose. */
export async function routeStage(
  tx: Transaction,
  scope: Scope,
  given: Omit<RouteFacts, 'submitter'> & { requirementId: string | null },
): Promise<Route> {
  const { requirementId, ...facts } = given
  return route({ ...facts, submitter: requirementId ? await submitterOf(tx, scope, requirementId) : null })
}

async function submitterOf(tx: Transaction, scope: Scope, requirementId: string) {
  const { organizationId } = scope
  const row = await tx.requirement.findFirst({
    where: { id: requirementId, organizationId },
    select: { submittedById: true },
  })
  if (!row?.submittedById) return null
  const member = await tx.member.findUnique({
    where: { organizationId_userId: { organizationId, userId: row.submittedById } },
    select: { user: { select: { id: true, name: true, email: true } } },
  })
  return member ? { id: member.user.id, name: member.user.name ?? member.user.email } : null
}
