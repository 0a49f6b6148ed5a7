import { z } from 'zod'
import { createApiToken, revokeApiToken } from '#server/api-keys/commands'
import { createApiTokenInput } from '#server/api-keys/model'
import { listApiTokens } from '#server/api-keys/queries'
import { router } from '../init'
import { permitted } from '../procedures'

export const apiKeysRouter = router({
  list: permitted('api-token.read').query(({ ctx }) => listApiTokens(ctx.scope)),
  create: permitted('api-token.change')
    .input(createApiTokenInput)
    .mutation(({ ctx, input }) => createApiToken(ctx.scope, input)),
  revoke: permitted('api-token.change')
    .input(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => revokeApiToken(ctx.scope, input.id)),
})
