import { z } from 'zod'

const counts = { passed: z.number(), failed: z.number() }

export const proofEvents = {
  'proof.requested': z.object({ ref: z.string() }),
  'proof.recorded': z.object({ ref: z.string(), ...counts }),
  'verification.requested': z.object({}),
  'verification.recorded': z.object(counts),
}
