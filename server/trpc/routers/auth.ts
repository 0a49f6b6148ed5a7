import { z } from 'zod'
import { changePassword, signOutEverywhere } from '#server/auth/commands'
import { membershipsOf, signInWays } from '#server/auth/queries'
import { setupLinkIsOpen } from '#server/auth/setup'
import { modeAtSetup } from '#server/secrets/queries'
import { completeSetup } from '#server/setup/commands'
import { completeSetupInput } from '#server/setup/model'
import { router } from '../init'
import { publicProcedure, signedIn } from '../procedures'

export const authRouter = router({
  /** Who is signed in, where they belong, and which organization this browser works in; null when nobody is. */
  session: publicProcedure.query(async ({ ctx }) => {
    if (!ctx.user) return null
    const memberships = await membershipsOf(ctx.user.id)
    const scope = memberships.length > 0 ? await ctx.scope() : null
    return { user: ctx.user, memberships, organizationId: scope?.organizationId ?? null, role: scope?.role ?? null }
  }),
  signInWays: publicProcedure.query(() => signInWays()),

  /** Looking at a setup link never uses it. */
  setupLink: publicProcedure.input(z.object({ token: z.string().max(200) })).query(async ({ input }) => {
    const open = await setupLinkIsOpen(input.token)
    return { open, suggestedMode: open ? modeAtSetup() : ('scripted' as const) }
  }),
  completeSetup: publicProcedure.input(completeSetupInput).mutation(({ input }) => completeSetup(input)),

  changePassword: signedIn
    .input(z.object({ current: z.string().max(5_000), next: z.string().max(5_000) }))
    .mutation(async ({ ctx, input }) => changePassword(await ctx.scope(), input)),
  signOutEverywhere: signedIn.mutation(async ({ ctx }) => signOutEverywhere(await ctx.scope())),
})
