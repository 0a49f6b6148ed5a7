import { personScope, tokenScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import type { Action } from '#server/auth/rules/permissions'
import { AppError } from '#server/kernel/app-error'
import { hashToken, parseToken } from '#server/platform/crypto/token'
import { ApiKeyError } from './errors'
import { type TokenScope, tokenScopeSchema } from './model'
import { findToken, markUsed } from './repository'
import { roleOfToken, scopeFor, tokenMay } from './rules'

/** A program that proved itself with an API token. */
export interface TokenCaller {
  readonly scope: Scope
  readonly scopes: readonly TokenScope[]
}

const partsOf = (headers: Headers) => (headers.get('authorization') ?? '').split(' ', 2)

/** Whether a request says that a program sent it. It is then never taken for the person whose cookie it may carry. */
export function bearerSent(headers: Headers): boolean {
  return partsOf(headers)[0]?.toLowerCase() === 'bearer'
}

/**
 * The program behind `Authorization: Bearer orc_…`, or null when no such header was sent.
 * @throws ApiKeyError token-invalid, in one wording for unknown, expired, revoked and orphaned tokens
 */
export async function authenticateBearer(headers: Headers, now = new Date()): Promise<TokenCaller | null> {
  if (!bearerSent(headers)) return null
  const [, token] = partsOf(headers)
  const row = token && parseToken(token) ? await findToken(hashToken(token)) : null
  if (!row || row.revokedAt || (row.expiresAt && row.expiresAt <= now)) throw invalid()
  const maker = await personScope(row.createdById, row.organizationId).catch((error: unknown) => {
    throw error instanceof AppError ? invalid() : error
  })
  await markUsed(row.id, row.lastUsedAt, now)
  const scopes = row.scopes.flatMap((scope) => tokenScopeSchema.safeParse(scope).data ?? [])
  return { scope: tokenScope(row.organizationId, row, roleOfToken(scopes, maker.role)), scopes }
}

/** @throws ApiKeyError token-scope-missing, naming the scope that is needed */
export function authorizeToken(caller: TokenCaller, action: Action): void {
  if (tokenMay(caller.scopes, action)) return
  const needed = scopeFor(action)
  throw new ApiKeyError({
    code: 'token-scope-missing',
    kind: 'forbidden',
    message: `This token may not do that: it needs the scope ${needed} and has ${caller.scopes.join(', ')}. An admin can make another token under Settings → API tokens.`,
    details: { action, needed, scopes: caller.scopes },
  })
}

function invalid(): ApiKeyError {
  return new ApiKeyError({
    code: 'token-invalid',
    kind: 'unauthenticated',
    message: 'This API token is unknown, expired or revoked. An admin can make a new one under Settings → API tokens.',
  })
}
