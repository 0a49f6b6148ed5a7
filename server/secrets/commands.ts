import type { Scope } from '#server/auth/model'
import { cleanText } from '#server/kernel/clean-text'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { registerSecret } from '#server/platform/logging/redact'
import { checkedAddress } from './address'
import { SecretError } from './errors'
import {
  type AddCredential,
  addCredentialInput,
  type CredentialProvider,
  credentialProviderSchema,
  type RevealedCredential,
} from './model'
import { environmentKeys, insertCredential, markRevoked, openActive, openNewest } from './repository'

/** Seals and keeps a provider's key. The newest active key of a provider is the one that is used. */
export async function addCredential(scope: Scope, given: AddCredential): Promise<{ id: string }> {
  const input = addCredentialInput.parse(given)
  registerSecret(input.value)
  const baseUrl = input.baseUrl ? await checkedAddress(scope, input.baseUrl) : input.baseUrl
  return transaction(async (tx) => {
    const named = { ...input, baseUrl, name: cleanText(input.name) }
    // Tokens have an id too, so "who added it" is never empty for people and programs.
    const row = await insertCredential(tx, scope.organizationId, scope.actor.id ?? scope.organizationId, named)
    const payload = { credentialId: row.id, provider: input.provider, name: row.name }
    await append(tx, scope, [{ type: 'credential.added', payload }])
    return { id: row.id }
  })
}

/** Ends a key at once; runs that already hold it finish their present call. @throws SecretError credential-not-found */
export async function revokeCredential(scope: Scope, id: string, now = new Date()): Promise<void> {
  await transaction(async (tx) => {
    const row = await markRevoked(tx, scope.organizationId, id, now)
    if (!row) {
      throw new SecretError({
        code: 'credential-not-found',
        kind: 'not-found',
        message: 'There is no such active key. It may have been revoked already.',
      })
    }
    const provider = credentialProviderSchema.parse(row.provider)
    const payload = { credentialId: row.id, provider, name: row.name }
    await append(tx, scope, [{ type: 'credential.revoked', payload }])
  })
}

/**
 * The key a run calls its provider with: the organization's own, else the installation's. Only here and in
 * `keyInUse` does a key leave this room in the clear; from here on every log line of this process masks it.
 * @returns null when there is neither
 * @throws AppError seal-broken, seal-key-missing
 */
export async function revealForRun(
  scope: Scope,
  provider: CredentialProvider,
  now = new Date(),
): Promise<RevealedCredential | null> {
  return reveal(scope, provider, now)
}

/**
 * The same without counting as a use: for telling whether a key is still the one that is used.
 * @throws AppError seal-broken, seal-key-missing
 */
export function keyInUse(scope: Scope, provider: CredentialProvider): Promise<RevealedCredential | null> {
  return reveal(scope, provider, null)
}

async function reveal(scope: Scope, provider: CredentialProvider, usedAt: Date | null) {
  const own = await openNewest(scope.organizationId, provider, usedAt)
  const shared = environmentKeys().find((key) => key.provider === provider)
  const found = own ?? (shared ? { name: 'environment', apiKey: shared.apiKey, baseUrl: shared.baseUrl } : null)
  if (!found) return null
  registerSecret(found.apiKey)
  return { ...found, fromEnvironment: own === null }
}

/** Milliseconds for which a process takes an organization's keys for known. */
const KNOWN_MS = 60_000
const knownUntil = new Map<string, number>()

/** Makes all keys of an organization known to this process, also those it never calls with: they are masked from here on. */
export async function knowKeys({ organizationId }: Scope, now = performance.now()): Promise<void> {
  if ((knownUntil.get(organizationId) ?? 0) > now) return
  for (const key of await openActive(organizationId)) registerSecret(key)
  knownUntil.set(organizationId, now + KNOWN_MS)
}

/** Lets agents call servers on this machine, or stops it. Private networks stay closed either way. */
export async function allowLocalAddresses(scope: Scope, allowed: boolean): Promise<void> {
  await transaction(async (tx) => {
    await tx.organization.update({
      where: { id: scope.organizationId },
      data: { allowLoopbackProviders: allowed },
    })
    await append(tx, scope, [{ type: 'credential.local-addresses-changed', payload: { allowed } }])
  })
}
