import { z } from 'zod'
import { addCredential, allowLocalAddresses, revokeCredential } from '#server/secrets/commands'
import { addCredentialInput } from '#server/secrets/model'
import { listCredentials, localAddressesAllowed } from '#server/secrets/queries'
import { router } from '../init'
import { permitted } from '../procedures'

export const secretsRouter = router({
  list: permitted('credential.read').query(({ ctx }) => listCredentials(ctx.scope)),
  add: permitted('credential.change')
    .input(addCredentialInput)
    .mutation(({ ctx, input }) => addCredential(ctx.scope, input)),
  localAddresses: permitted('credential.read').query(({ ctx }) => localAddressesAllowed(ctx.scope)),
  allowLocalAddresses: permitted('credential.change')
    .input(z.object({ allowed: z.boolean() }))
    .mutation(({ ctx, input }) => allowLocalAddresses(ctx.scope, input.allowed)),
  revoke: permitted('credential.change')
    .input(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => revokeCredential(ctx.scope, input.id)),
})
