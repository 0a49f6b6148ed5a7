import { authorizeToken } from '#server/api-keys/authenticate'
import { authorize } from '#server/auth/gate'
import type { Action } from '#server/auth/rules/permissions'
import { AppError } from '#server/kernel/app-error'
import { databaseTrouble } from '#server/platform/database/failures'
import { takeTurn } from '#server/platform/rate-limit/limiter'
import { notSignedIn } from './context'
import { toTrpcError } from './errors'
import { t } from './init'

const CHANGES_PER_MINUTE = 120

/** Turns the rooms' errors into tRPC's once, outside everything else, so that the HTTP status is right too. */
const translated = t.procedure.use(async ({ next }) => {
  const result = await next()
  if (result.ok) return result
  const { cause } = result.error
  const known = cause instanceof AppError ? cause : databaseTrouble(cause)
  if (known) throw toTrpcError(known)
  return result
})

/** For what anybody may ask, without signing in. */
export const publicProcedure = translated.meta({ access: 'public' })

/** For what a signed-in person may ask about themselves. API tokens are nobody's self. */
export const signedIn = translated.meta({ access: 'signed-in' }).use(async ({ ctx, type, next }) => {
  if (!ctx.user) throw notSignedIn()
  if (type === 'mutation') await takeTurn(`user:${ctx.user.id}`, CHANGES_PER_MINUTE)
  return next({ ctx: { ...ctx, user: ctx.user } })
})

/**
 * For everything else: signed in (or a token), member of the organization, allowed to do this. Hands on `ctx.scope`,
 * the proof that queries and commands ask for.
 */
export function permitted(action: Action) {
  return translated.meta({ access: action }).use(async ({ ctx, type, next }) => {
    if (!ctx.user && !ctx.token) throw notSignedIn()
    const scope = await ctx.scope()
    authorize(scope, action)
    if (ctx.token) authorizeToken(ctx.token, action)
    if (type === 'mutation') await takeTurn(`${scope.actor.kind}:${scope.actor.id}`, CHANGES_PER_MINUTE)
    return next({ ctx: { ...ctx, scope } })
  })
}
