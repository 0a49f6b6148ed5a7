import { z } from 'zod'
import { roleSchema } from './model'

export const authEvents = {
  'organization.created': z.object({ name: z.string() }),
  'member.password-changed': z.object({ userId: z.string() }),
  'member.signed-out-everywhere': z.object({ userId: z.string() }),
  'member.invited': z.object({ inviteId: z.string(), email: z.string(), role: roleSchema }),
  'invite.revoked': z.object({ inviteId: z.string(), email: z.string() }),
  'member.joined': z.object({ inviteId: z.string(), userId: z.string(), name: z.string(), role: roleSchema }),
  'member.role-changed': z.object({ userId: z.string(), name: z.string(), from: roleSchema, to: roleSchema }),
  'member.removed': z.object({ userId: z.string(), name: z.string(), role: roleSchema }),
}
