import { z } from 'zod'

export const roles = ['owner', 'admin', 'member', 'viewer'] as const
export const roleSchema = z.enum(roles)
export type Role = z.infer<typeof roleSchema>

/** Who did something, as it is written into events and shown in the audit trail. */
export const actorSchema = z.object({
  kind: z.enum(['user', 'token', 'agent', 'system']),
  id: z.string().nullable(),
  name: z.string(),
})
export type Actor = z.infer<typeof actorSchema>

declare const proven: unique symbol

/**
 * Proof that the caller may act inside one organization. Only auth/gate.ts can mint it; every query and command takes
 * it, so a query that forgets the organization does not compile.
 */
export interface Scope {
  readonly organizationId: string
  readonly actor: Actor
  /** The system acts with the rights of an owner. */
  readonly role: Role
  readonly [proven]: true
}
