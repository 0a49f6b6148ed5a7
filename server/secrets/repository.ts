import { randomUUID } from 'node:crypto'
import { sealer } from '#server/platform/crypto/seal'
import { reader, type Transaction } from '#server/platform/database/transaction'
import { agentsEnvironment } from '#server/platform/env/agents'
import type { AddCredential, CredentialProvider } from './model'

const USED_EVERY_MS = 60_000

/** The seal is bound to the row, so a value copied into another row or organization does not open there. */
function placeOf(organizationId: string, rowId: string) {
  return { table: 'Credential', organizationId, rowId }
}

export function insertCredential(tx: Transaction, organizationId: string, createdById: string, given: AddCredential) {
  const id = randomUUID()
  const { provider, name, value, baseUrl } = given
  return tx.credential.create({
    data: {
      id,
      organizationId,
      createdById,
      provider,
      name,
      sealedValue: sealer().seal(value, placeOf(organizationId, id)),
      lastFour: value.slice(-4),
      baseUrl: baseUrl ?? null,
    },
  })
}

export async function markRevoked(tx: Transaction, organizationId: string, id: string, now: Date) {
  const [row] = await tx.credential.updateManyAndReturn({
    where: { id, organizationId, revokedAt: null },
    data: { revokedAt: now },
  })
  return row ?? null
}

/**
 * The newest active key of a provider, opened.
 * @param usedAt when it is used; null only looks at it
 * @throws AppError seal-broken, seal-key-missing
 */
export async function openNewest(organizationId: string, provider: CredentialProvider, usedAt: Date | null) {
  const row = await reader().credential.findFirst({
    where: { organizationId, provider, revokedAt: null },
    orderBy: { createdAt: 'desc' },
  })
  if (!row) return null
  const apiKey = sealer().open(row.sealedValue, placeOf(organizationId, row.id))
  if (usedAt && (!row.lastUsedAt || usedAt.getTime() - row.lastUsedAt.getTime() > USED_EVERY_MS)) {
    await reader().credential.updateMany({ where: { id: row.id }, data: { lastUsedAt: usedAt } })
  }
  return { name: row.name, apiKey, baseUrl: row.baseUrl }
}

/** All active keys of an organization, opened; without those that can't be. */
export async function openActive(organizationId: string): Promise<string[]> {
  const where = { organizationId, revokedAt: null }
  const rows = await reader().credential.findMany({ where, select: { id: true, sealedValue: true } })
  return rows.flatMap((row) => {
    try {
      return sealer().open(row.sealedValue, placeOf(organizationId, row.id))
    } catch {
      return [] // whoever uses it is told; what nobody can open is not known by anybody here
    }
  })
}

/** Keys the operator set for the whole installation. */
export function environmentKeys(): { provider: CredentialProvider; apiKey: string; baseUrl: string | null }[] {
  const set = agentsEnvironment()
  const all = [
    { provider: 'anthropic' as const, apiKey: set.ANTHROPIC_API_KEY, baseUrl: set.ANTHROPIC_BASE_URL ?? null },
    { provider: 'openai' as const, apiKey: set.OPENAI_API_KEY, baseUrl: set.OPENAI_BASE_URL ?? null },
    { provider: 'deepseek' as const, apiKey: set.DEEPSEEK_API_KEY, baseUrl: set.DEEPSEEK_BASE_URL ?? null },
  ]
  return all.flatMap(({ apiKey, ...rest }) => (apiKey ? [{ ...rest, apiKey }] : []))
}
