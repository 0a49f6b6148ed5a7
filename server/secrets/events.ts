import { z } from 'zod'
import { credentialProviderSchema } from './model'

const payload = z.object({ credentialId: z.string(), provider: credentialProviderSchema, name: z.string() })

export const secretEvents = {
  'credential.added': payload,
  'credential.revoked': payload,
  'credential.local-addresses-changed': z.object({ allowed: z.boolean() }),
}
