import type { MiddlewareHandler } from 'hono'
import { authenticateBearer, authorizeToken } from '#server/api-keys/authenticate'
import { AuthError } from '#server/auth/errors'
import { authorize } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import type { Action } from '#server/auth/rules/permissions'
import { sessionScope, sessionUser } from '#server/auth/session'
import { AppError } from '#server/kernel/app-error'
import { crossSiteProblem } from '#server/platform/http/cross-site'
import { ownHosts } from '#server/platform/http/own-hosts'
import { takeTurn } from '#server/platform/rate-limit/limiter'

const CHANGES_PER_MINUTE = 120

export interface RestEnvironment {
  Variables: { scope: Scope }
}

/**
 * Lets a request through that may do this, with the proof of it in `scope`. A token is taken at its word; a session
 * cookie only from our own pages.
 */
export function permit(action: Action): MiddlewareHandler<RestEnvironment> {
  return async (context, next) => {
    const request = context.req.raw
    const token = await authenticateBearer(request.headers)
    const scope = token ? token.scope : await scopeOfPage(request)
    authorize(scope, action)
    if (token) authorizeToken(token, action)
    if (request.method !== 'GET') await takeTurn(`${scope.actor.kind}:${scope.actor.id}`, CHANGES_PER_MINUTE)
    context.set('scope', scope)
    await next()
  }
}

async function scopeOfPage(request: Request): Promise<Scope> {
  const user = await sessionUser(request.headers)
  if (!user) {
    throw new AuthError({
      code: 'not-signed-in',
      kind: 'unauthenticated',
      message: 'Send an API token as "Authorization: Bearer orc_…". An admin makes one under Settings → API tokens.',
    })
  }
  const problem = crossSiteProblem(request.method, request.headers, ownHosts(request.headers))
  if (problem) throw new AppError({ code: 'cross-site', kind: 'forbidden', message: problem })
  return sessionScope(request.headers, user.id)
}
