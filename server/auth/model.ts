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

/** How an invite looks to whoever holds its link. */
const inviteStates = ['open', 'used', 'expired', 'revoked', 'unbacked', 'unknown'] as const
export type InviteState = (typeof inviteStates)[number]

const INCOMPLETE = 'Please enter a complete e-mail address.'

/** An address that mail can go to, in small letters: RFC 5321 allows 64 characters before the @ and 254 altogether. */
export const emailSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email(INCOMPLETE).regex(/^[^@]{1,64}@/, INCOMPLETE))

export const inviteInput = z.object({
  email: emailSchema,
  role: roleSchema,
})
export type InviteInput = z.input<typeof inviteInput>

export const changeRoleInput = z.object({ userId: z.uuid(), role: roleSchema })
export type ChangeRole = z.input<typeof changeRoleInput>

export const inviteTokenSchema = z.string().min(1).max(200)

export const joinInput = z.object({
  token: inviteTokenSchema,
  name: z.string().trim().min(1, 'Please enter your name.').max(80),
  password: z.string().max(5_000),
})
export type JoinWithNewAccount = z.input<typeof joinInput>
