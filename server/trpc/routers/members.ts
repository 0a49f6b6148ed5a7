import { z } from 'zod'
import { changeRole } from '#server/auth/commands'
import { createInvite, joinAs, joinWithNewAccount, revokeInvite, viewInvite } from '#server/auth/invites'
import { changeRoleInput, inviteInput, inviteTokenSchema, joinInput } from '#server/auth/model'
import { listInvites, listMembers } from '#server/auth/queries'
import { removePerson } from '#server/setup/commands'
import { router } from '../init'
import { permitted, publicProcedure, signedIn } from '../procedures'

export const membersRouter = router({
  list: permitted('member.read').query(({ ctx }) => listMembers(ctx.scope)),
  invites: permitted('member.change').query(({ ctx }) => listInvites(ctx.scope)),
  invite: permitted('member.change')
    .input(inviteInput)
    .mutation(({ ctx, input }) => createInvite(ctx.scope, input)),
  revokeInvite: permitted('member.change')
    .input(z.object({ inviteId: z.uuid() }))
    .mutation(({ ctx, input }) => revokeInvite(ctx.scope, input.inviteId)),
  changeRole: permitted('member.change')
    .input(changeRoleInput)
    .mutation(({ ctx, input }) => changeRole(ctx.scope, input)),
  remove: permitted('member.change')
    .input(z.object({ userId: z.uuid() }))
    .mutation(({ ctx, input }) => removePerson(ctx.scope, input.userId)),

  /** Looking at an invite never uses it. */
  inviteBehind: publicProcedure
    .input(z.object({ token: inviteTokenSchema }))
    .query(({ ctx, input }) => viewInvite(input.token, ctx.user)),
  joinWithNewAccount: publicProcedure.input(joinInput).mutation(({ input }) => joinWithNewAccount(input)),
  join: signedIn
    .input(z.object({ token: inviteTokenSchema }))
    .mutation(({ ctx, input }) => joinAs(ctx.user, input.token)),
})
