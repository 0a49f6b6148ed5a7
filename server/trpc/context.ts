import { randomUUID } from 'node:crypto'
import { authenticateBearer, type TokenCaller } from '#server/api-keys/authenticate'
import { AuthError } from '#server/auth/errors'
import { personScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { organizationOf, type SessionUser, sessionUser } from '#server/auth/session'

export interface TrpcContext {
  requestId: string
  /** The person behind the session cookie, if any. */
  user: SessionUser | null
  /** The program behind an API token, if any. */
  token: TokenCaller | null
  /** Proves membership on first use and remembers the answer for this request. */
  scope: () => Promise<Scope>
}

/**
 * Who asks, read from the request's headers. Nothing is allowed by it: procedures decide.
 * @throws ApiKeyError token-invalid when a Bearer token is sent that does not count; the session is then not looked at
 */
export async function createContext(headers: Headers): Promise<TrpcContext> {
  const token = await authenticateBearer(headers)
  const user = token ? null : await sessionUser(headers)
  let proven: Promise<Scope> | undefined
  return {
    requestId: headers.get('x-request-id')?.slice(0, 64) ?? randomUUID(),
    user,
    token,
    scope: () => {
      proven ??= proveScope(headers, user, token)
      return proven
    },
  }
}

async function proveScope(headers: Headers, user: SessionUser | null, token: TokenCaller | null): Promise<Scope> {
  if (token) return token.scope
  const organizationId = user ? await organizationOf(headers, user.id) : null
  if (user && organizationId) return personScope(user.id, organizationId)
  throw new AuthError({
    code: 'not-a-member',
    kind: 'not-found',
    message: 'You are not a member of any organization here. Please ask an owner or admin to add you.',
  })
}
