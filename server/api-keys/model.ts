import { z } from 'zod'

/** What a token may do. Every scope includes reading; `admin` includes everything an admin may. */
export const tokenScopes = ['read', 'write', 'decide', 'admin'] as const
export const tokenScopeSchema = z.enum(tokenScopes)
export type TokenScope = z.infer<typeof tokenScopeSchema>

export const createApiTokenInput = z.object({
  name: z.string().trim().min(1, 'Give the token a name, for instance the program that will use it.').max(80),
  scopes: z.array(tokenScopeSchema).min(1, 'Choose at least one thing the token may do.'),
  /** null: does not expire */
  expiresInDays: z.number().int().min(1).max(3650).nullable(),
})
export type CreateApiToken = z.infer<typeof createApiTokenInput>

/** A token as lists show it: recognisable, never usable. */
export interface ApiTokenSummary {
  id: string
  name: string
  prefix: string
  scopes: TokenScope[]
  createdAt: Date
  lastUsedAt: Date | null
  expiresAt: Date | null
  revokedAt: Date | null
}
