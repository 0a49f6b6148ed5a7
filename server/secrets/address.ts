import type { Scope } from '#server/auth/model'
import { literalKind } from '#server/platform/http/private-address'
import { SecretError } from './errors'
import { localAddressesAllowed } from './queries'
import { judgeProviderAddress } from './rules/provider-address'

/** What an address from a settings page may reach: the public network, and this machine if an admin allowed it. */
export async function addressPolicy(scope: Scope): Promise<{ allowLoopback: boolean; allowPrivate: boolean }> {
  return { allowLoopback: await localAddressesAllowed(scope), allowPrivate: false }
}

/**
 * Checks the form of a base URL that somebody wants to save. Where a name leads to is looked up and checked again at
 * every call, because it may change at any time.
 * @returns the URL to store
 * @throws SecretError private-address that says what is wrong with it
 */
export async function checkedAddress(scope: Scope, text: string): Promise<string> {
  const verdict = judgeProviderAddress(text, await addressPolicy(scope), literalKind)
  if (verdict.ok) return verdict.url
  throw new SecretError({ code: 'private-address', kind: 'invalid', message: verdict.message })
}
