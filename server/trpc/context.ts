import { randomUUID } from 'node:crypto'
import { authenticateBearer, type TokenCaller } from '#server/api-keys/authenticate'
import { AuthError } from '#server/auth/errors'
import type { Scope } from '#server/auth/model'
import { type SessionUser, sessionScope, sessionUser } from '#server/auth/session'

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
      proven ??= token ? Promise.resolve(token.scope) : provePerson(headers, user)
      return proven
    },
  }
}

async function provePerson(headers: Headers, user: SessionUser | null): Promise<Scope> {
  if (user) return sessionScope(headers, user.id)
  throw notSignedIn()
}

export function notSignedIn(): AuthError {
  return new AuthError({
    code: 'not-signed-in',
    kind: 'unauthenticated',
    message: 'You are not signed in, or your session has ended. Please sign in again; nothing was lost.',
  })
}
