import type { Scope } from '#server/auth/model'
import { cleanText } from '#server/kernel/clean-text'
import type { EventDraft } from '#server/kernel/event'
import { createToken } from '#server/platform/crypto/token'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { ApiKeyError } from './errors'
import { type CreateApiToken, createApiTokenInput } from './model'
import { insertToken, markRevoked, markRevokedOf } from './repository'

const DAY_MS = 24 * 60 * 60_000

/**
 * Makes a token. The returned text is the only time it exists outside the caller's hands.
 * @throws ApiKeyError person-needed: a token cannot make tokens, or a stolen one could outlive its revocation
 */
export async function createApiToken(scope: Scope, given: CreateApiToken, now = new Date()) {
  const input = createApiTokenInput.parse(given)
  const { actor, organizationId } = scope
  if (actor.kind !== 'user' || !actor.id) {
    throw new ApiKeyError({
      code: 'person-needed',
      kind: 'forbidden',
      message: 'Only a signed-in person can make API tokens. Please do it in the browser under Settings → API tokens.',
    })
  }
  const createdById = actor.id
  const made = createToken()
  return transaction(async (tx) => {
    const row = await insertToken(tx, {
      organizationId,
      name: cleanText(input.name),
      prefix: `orc_${made.id}`,
      tokenHash: made.hash,
      scopes: [...new Set(input.scopes)],
      createdById,
      expiresAt: input.expiresInDays === null ? null : new Date(now.getTime() + input.expiresInDays * DAY_MS),
    })
    const payload = { tokenId: row.id, name: row.name, scopes: row.scopes }
    await append(tx, scope, [{ type: 'api-token.created', payload }])
    return { id: row.id, name: row.name, token: made.token }
  })
}

/** Ends a token at once. @throws ApiKeyError token-not-found, also when it was revoked before */
export async function revokeApiToken(scope: Scope, id: string, now = new Date()): Promise<void> {
  await transaction(async (tx) => {
    const row = await markRevoked(tx, scope.organizationId, id, now)
    if (!row) {
      throw new ApiKeyError({
        code: 'token-not-found',
        kind: 'not-found',
        message: 'There is no such active token. It may have been revoked already.',
      })
    }
    await append(tx, scope, [{ type: 'api-token.revoked', payload: { tokenId: row.id, name: row.name } }])
  })
}

/**
 * Ends every token a person made here, inside the transaction that ends their membership.
 * @returns the events, for the caller to append
 */
export async function revokeTokensOf(
  tx: Transaction,
  scope: Scope,
  userId: string,
  now = new Date(),
): Promise<EventDraft[]> {
  const rows = await markRevokedOf(tx, scope.organizationId, userId, now)
  return rows.map(({ id, name }) => ({ type: 'api-token.revoked', payload: { tokenId: id, name } }))
}
