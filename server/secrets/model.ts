import { z } from 'zod'

/** Whose keys can be kept. */
const credentialProviders = ['anthropic', 'openai', 'deepseek', 'compatible'] as const
export const credentialProviderSchema = z.enum(credentialProviders)
export type CredentialProvider = z.infer<typeof credentialProviderSchema>

/** An address of a provider as people type it: http or https, without a password inside (it would be shown in lists). */
export const baseUrlSchema = z
  .url({ protocol: /^https?$/, error: 'The address must begin with https:// (or http:// for a server of your own).' })
  .max(500)
  .refine((text) => !URL.canParse(text) || (!new URL(text).username && !new URL(text).password), {
    error: 'Leave user name and password out of the address.',
  })

export const addCredentialInput = z.object({
  provider: credentialProviderSchema,
  name: z.string().trim().min(1, 'Give the key a name.').max(80),
  value: z.string().trim().min(8, 'This is too short for an API key.').max(4_000),
  baseUrl: baseUrlSchema.nullish(),
})
export type AddCredential = z.infer<typeof addCredentialInput>

/** A key as lists show it; the key itself never comes back. */
export interface CredentialSummary {
  /** null for a key that comes from the environment and can only be changed there */
  id: string | null
  provider: CredentialProvider
  name: string
  source: 'settings' | 'environment'
  lastFour: string
  baseUrl: string | null
  createdAt: Date | null
  lastUsedAt: Date | null
  revokedAt: Date | null
}

/** A key in the clear, for the one call that needs it. Never store, log or send it anywhere but to its provider. */
export interface RevealedCredential {
  name: string
  apiKey: string
  baseUrl: string | null
  /** true when the operator set it for the whole installation, not an admin on a settings page */
  fromEnvironment: boolean
}
