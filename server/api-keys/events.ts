import { z } from 'zod'
import { tokenScopeSchema } from './model'

export const apiKeyEvents = {
  'api-token.created': z.object({ tokenId: z.string(), name: z.string(), scopes: z.array(tokenScopeSchema) }),
  'api-token.revoked': z.object({ tokenId: z.string(), name: z.string() }),
}
