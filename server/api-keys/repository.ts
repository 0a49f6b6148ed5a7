import { database } from '#server/platform/database/client'
import type { Transaction } from '#server/platform/database/transaction'

const USED_EVERY_MS = 60_000

interface TokenRow {
  organizationId: string
  name: string
  prefix: string
  tokenHash: string
  scopes: string[]
  createdById: string
  expiresAt: Date | null
}

export function insertToken(tx: Transaction, row: TokenRow) {
  return tx.apiToken.create({ data: row })
}

export function findToken(tokenHash: string) {
  return database().apiToken.findUnique({ where: { tokenHash } })
}

export async function markRevoked(tx: Transaction, organizationId: string, id: string, now: Date) {
  const [row] = await tx.apiToken.updateManyAndReturn({
    where: { id, organizationId, revokedAt: null },
    data: { revokedAt: now },
  })
  return row ?? null
}

export function markRevokedOf(tx: Transaction, organizationId: string, createdById: string, now: Date) {
  return tx.apiToken.updateManyAndReturn({
    where: { organizationId, createdById, revokedAt: null },
    data: { revokedAt: now },
  })
}

/** Notes the use at most once a minute, so that reading does not become writing. */
export async function markUsed(id: string, lastUsedAt: Date | null, now: Date): Promise<void> {
  if (lastUsedAt && now.getTime() - lastUsedAt.getTime() < USED_EVERY_MS) return
  await database().apiToken.updateMany({ where: { id }, data: { lastUsedAt: now } })
}
