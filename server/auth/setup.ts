import { createToken, hashToken } from '#server/platform/crypto/token'
import type { Transaction } from '#server/platform/database/transaction'
import { authEnvironment } from '#server/platform/env/auth'
import { AuthError } from './errors'
import { anybodyHere, linkIsOpen, replaceLink, takeLink } from './repository'

const LINK_HOURS = 24

/**
 * Makes the one-time address that lets the first owner in. A new one makes the one before useless; only its hash is
 * kept, so nobody can read it from the database.
 * @returns null when somebody has an account here already
 */
export async function createSetupLink(now = new Date()): Promise<string | null> {
  if (await anybodyHere()) return null
  const { token, hash } = createToken()
  await replaceLink(hash, new Date(now.getTime() + LINK_HOURS * 60 * 60_000))
  return new URL(`/setup/${token}`, authEnvironment().NEXTAUTH_URL).href
}

/** Whether a link would let somebody in now. Looking changes nothing: mail scanners and previews look too. */
export async function setupLinkIsOpen(token: string, now = new Date()): Promise<boolean> {
  return (await linkIsOpen(hashToken(token), now)) && !(await anybodyHere())
}

/**
 * Marks the link used, inside the transaction that lets its holder in.
 * @throws AuthError setup-link-invalid (used, expired, replaced, or somebody was first)
 */
export async function takeSetupLink(tx: Transaction, token: string, now: Date): Promise<void> {
  if (!(await takeLink(tx, hashToken(token), now)) || (await anybodyHere(tx))) throw setupLinkInvalid()
}

export function setupLinkInvalid(): AuthError {
  return new AuthError({
    code: 'setup-link-invalid',
    kind: 'not-found',
    message:
      'This link has been used, has expired, or was replaced by a newer one. Start the product again to see a new link, or sign in if you already have an account.',
  })
}
