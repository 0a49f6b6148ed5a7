import { hashPassword, passwordMatches } from '#server/platform/crypto/password'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { AuthError } from './errors'
import type { Scope } from './model'
import { blockedUntil, countFailure, endSessions, findUser, findUserByEmail, forgetFailures } from './repository'
import { normalizePassword, passwordProblem, passwordTooLong } from './rules/password'
import { forgetSessionVersion } from './session'

export interface PasswordSignIn {
  email: string
  password: string
  /** The client's network address, as far as it is known. */
  address: string
}

/**
 * Checks e-mail and password. Failures are counted per account and per address, in Postgres.
 * @throws AuthError too-many-attempts (before the password is looked at), wrong-credentials (whatever was wrong)
 */
export async function signInWithPassword(given: PasswordSignIn, now = new Date()) {
  const email = given.email.trim().toLowerCase().slice(0, 320)
  const accountKey = `account:${email}`
  const keys = [accountKey, `address:${networkOf(given.address)}`]
  const until = await blockedUntil(keys, now)
  if (until) throw tooMany(until, now)
  const tooLong = passwordTooLong(given.password)
  const user = await findUserByEmail(email)
  const password = tooLong ? '' : normalizePassword(given.password)
  const matches = await passwordMatches(password, user?.passwordHash ?? null)
  if (!matches || tooLong || !user) {
    await countFailure(keys, now)
    throw new AuthError({
      code: 'wrong-credentials',
      kind: 'unauthenticated',
      message: 'E-mail or password is not right. Please check both and try again.',
    })
  }
  await forgetFailures(accountKey, now)
  return user
}

/** IPv6 users own a whole /64, so that is what counts as one address. */
function networkOf(address: string): string {
  const clean = address.trim().slice(0, 64)
  return clean.includes(':') && !clean.includes('.') ? clean.split(':').slice(0, 4).join(':') : clean
}

function tooMany(until: Date, now: Date): AuthError {
  const seconds = Math.ceil((until.getTime() - now.getTime()) / 1000)
  const wait = seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} seconds`
  return new AuthError({
    code: 'too-many-attempts',
    kind: 'too-many',
    message: `There were too many failed sign-ins. Please wait ${wait} and try again; your account and data are safe.`,
    retryable: true,
    details: { retryAfterSeconds: seconds },
  })
}

/**
 * Changes the caller's own password and ends all their sessions.
 * @throws AuthError wrong-credentials, weak-password, too-many-attempts
 */
export async function changePassword(
  scope: Scope,
  given: { current: string; next: string },
  now = new Date(),
): Promise<void> {
  const user = await ownAccount(scope)
  // Guessing the present password through this door counts like guessing it at the sign-in.
  const key = `account:${user.email}`
  const until = await blockedUntil([key], now)
  if (until) throw tooMany(until, now)
  const current = passwordTooLong(given.current) ? '' : normalizePassword(given.current)
  if (!(await passwordMatches(current, user.passwordHash))) {
    await countFailure([key], now)
    throw new AuthError({
      code: 'wrong-credentials',
      kind: 'invalid',
      message: 'The present password is not right. Nothing was changed.',
    })
  }
  refuseWeakPassword(given.next, user.email)
  const passwordHash = await hashPassword(normalizePassword(given.next))
  await transaction(async (tx) => {
    await endSessions(tx, user.id, passwordHash)
    await append(tx, scope, [{ type: 'member.password-changed', payload: { userId: user.id } }])
  })
  forgetSessionVersion(user.id)
}

/** Ends all sessions of the caller, this one included. */
export async function signOutEverywhere(scope: Scope): Promise<void> {
  const user = await ownAccount(scope)
  await transaction(async (tx) => {
    await endSessions(tx, user.id)
    await append(tx, scope, [{ type: 'member.signed-out-everywhere', payload: { userId: user.id } }])
  })
  forgetSessionVersion(user.id)
}

/** @throws AuthError weak-password, saying what to change */
export function refuseWeakPassword(password: string, email: string): void {
  const problem = passwordProblem(password, email)
  if (problem) throw new AuthError({ code: 'weak-password', kind: 'invalid', message: problem })
}

async function ownAccount(scope: Scope) {
  const { actor } = scope
  const user = actor.kind === 'user' && actor.id ? await findUser(actor.id) : null
  if (user) return user
  throw new AuthError({
    code: 'not-signed-in',
    kind: 'unauthenticated',
    message: 'Only a signed-in person can do this, in the browser.',
  })
}
