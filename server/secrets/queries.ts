import type { Scope } from '#server/auth/model'
import { reader } from '#server/platform/database/transaction'
import { type CredentialProvider, type CredentialSummary, credentialProviderSchema } from './model'
import { environmentKeys } from './repository'

/** Whether agents may call servers on this machine: Ollama, LM Studio, vLLM. An admin switches it. */
export async function localAddressesAllowed(scope: Scope): Promise<boolean> {
  const organization = await reader().organization.findUniqueOrThrow({
    where: { id: scope.organizationId },
    select: { allowLoopbackProviders: true },
  })
  return organization.allowLoopbackProviders
}

/** The organization's keys, newest first (revoked ones too), then those of the environment. */
export async function listCredentials(scope: Scope): Promise<CredentialSummary[]> {
  const rows = await reader().credential.findMany({
    where: { organizationId: scope.organizationId },
    orderBy: { createdAt: 'desc' },
    omit: { sealedValue: true, organizationId: true, createdById: true },
  })
  const own = rows.map((row) => ({
    ...row,
    provider: credentialProviderSchema.parse(row.provider),
    source: 'settings' as const,
  }))
  const shared = environmentKeys().map(({ provider, apiKey, baseUrl }) => ({
    id: null,
    provider,
    name: 'environment',
    source: 'environment' as const,
    lastFour: apiKey.slice(-4),
    baseUrl,
    createdAt: null,
    lastUsedAt: null,
    revokedAt: null,
  }))
  return [...own, ...shared]
}

/** What a new project should use unless somebody chooses: real providers only when there is any key for one. */
export async function suggestedMode(scope: Scope): Promise<'live' | 'scripted'> {
  if (modeAtSetup() === 'live') return 'live'
  const active = await reader().credential.count({ where: { organizationId: scope.organizationId, revokedAt: null } })
  return active > 0 ? 'live' : 'scripted'
}

/** The same before there is an organization: only the environment can hold a key then. */
export function modeAtSetup(): 'live' | 'scripted' {
  return environmentKeys().length > 0 ? 'live' : 'scripted'
}

/** Providers a live run of this organization has a key for, its own or the installation's. */
export async function availableProviders(scope: Scope): Promise<CredentialProvider[]> {
  const rows = await reader().credential.findMany({
    where: { organizationId: scope.organizationId, revokedAt: null },
    select: { provider: true },
    distinct: ['provider'],
  })
  return providersWith(rows.map((row) => row.provider))
}

/** Those that an organization has keys for, and those whose key the installation has in its environment. */
export function providersWith(own: readonly string[]): CredentialProvider[] {
  const parsed = own.map((provider) => credentialProviderSchema.parse(provider))
  return [...new Set([...parsed, ...environmentKeys().map((key) => key.provider)])]
}
