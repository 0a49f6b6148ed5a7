import type { Scope } from '#server/auth/model'
import { reader } from '#server/platform/database/transaction'
import type { ApiTokenSummary, TokenScope } from './model'

/** All tokens of the organization, newest first, revoked ones included: people look here for what was in use. */
export async function listApiTokens(scope: Scope): Promise<ApiTokenSummary[]> {
  const rows = await reader().apiToken.findMany({
    where: { organizationId: scope.organizationId },
    omit: { tokenHash: true, organizationId: true, createdById: true },
    orderBy: { createdAt: 'desc' },
  })
  return rows.map((row) => ({ ...row, scopes: row.scopes as TokenScope[] }))
}
