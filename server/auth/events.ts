import { z } from 'zod'

export const authEvents = {
  'organization.created': z.object({ name: z.string() }),
  'member.password-changed': z.object({ userId: z.string() }),
  'member.signed-out-everywhere': z.object({ userId: z.string() }),
}
