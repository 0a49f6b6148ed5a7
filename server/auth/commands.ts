import { cleanText } from '#server/kernel/clean-text'
import type { EventDraft } from '#server/kernel/event'
import { hashPassword, passwordMatches } from '#server/platform/crypto/password'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { AuthError } from './errors'
import { authorize, systemScope } from './gate'
import { type ChangeRole, changeRoleInput, type Role, roleSchema, type Scope } from './model'
import {
  blockedUntil,
  countFailure,
  countOwners,
  deleteMember,
  endInvites,
  endSessions,
  findMember,
  findUser,
  findUserByEmail,
  forgetFailures,
  isKnownPlace,
  lockPeople,
  organizationsOf,
  rememberPlace,
  updateRole,
} from './repository'
import { normalizePassword, passwordProblem, passwordTooLong } from './rules/password'
import { mayGrant } from './rules/permissions'
import { networkOf } from './rules/sign-in-delay'
import { forgetSessionVersion } from './session'

export interface PasswordSignIn {
  email: string
  password: string
  /** The client's network address, as far as it is known. */
  address: string
}

/**
 * Checks e-mail and password. Failures are counted per account and per address, in Postgres; where somebody signed in to
 * the account lately, only failures from there count.
 * @throws AuthError too-many-attempts (before the password is looked at), wrong-credentials (whatever was wrong)
 */
export async function signInWithPassword(given: PasswordSignIn, now = new Date()) {
  const email = cleanText(given.email).trim().toLowerCase().slice(0, 320)
  const network = networkOf(given.address)
  // Or anybody who knows an address could keep its owner out, by failing in their name again and again.
  const known = await isKnownPlace(email, network, now)
  const accountKey = known ? `account:${email} ${network}` : `account:${email}`
  const keys = [accountKey, `address:${network}`]
  const user = await isRight(keys, given.password, () => findUserByEmail(email), now)
  if (!user) {
    throw new AuthError({
      code: 'wrong-credentials',
      kind: 'unauthenticated',
      message: 'E-mail or password is not right. Please check both and try again.',
    })
  }
  await forgetFailures(accountKey, now)
  await rememberPlace(email, network, now)
  return user
}

/**
 * Looks a password's account up and compares, unless there were too many failures. Guesses that were sent at the same
 * moment all pass the first look: those beyond the limit get no answer either, whether they were right or wrong.
 * @returns the account; null when the password is not right
 * @throws AuthError too-many-attempts
 */
async function isRight<Account extends { passwordHash: string | null }>(
  keys: string[],
  password: string,
  lookUp: () => Promise<Account | null>,
  now: Date,
): Promise<Account | null> {
  await refuseBlocked(keys, now)
  const account = await lookUp()
  const tooLong = passwordTooLong(password)
  const matches = await passwordMatches(tooLong ? '' : normalizePassword(password), account?.passwordHash ?? null)
  const right = matches && !tooLong ? account : null
  const until = await blockedUntil(keys, now)
  if (!right || until) await countFailure(keys, now)
  if (until) throw tooMany(until, now)
  return right
}

async function refuseBlocked(keys: string[], now: Date): Promise<void> {
  const until = await blockedUntil(keys, now)
  if (until) throw tooMany(until, now)
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
  if (!(await isRight([`account:${user.email}`], given.current, async () => user, now))) {
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
    await tellOrganizationsOf(tx, scope, user.id, 'member.password-changed')
  })
  forgetSessionVersion(user.id)
}

/** Ends all sessions of the caller, this one included. */
export async function signOutEverywhere(scope: Scope): Promise<void> {
  const user = await ownAccount(scope)
  await transaction(async (tx) => {
    await endSessions(tx, user.id)
    await tellOrganizationsOf(tx, scope, user.id, 'member.signed-out-everywhere')
  })
  forgetSessionVersion(user.id)
}

/** Sessions are of the account: every organization it belongs to hears that they ended, and ends what they listened to. */
async function tellOrganizationsOf(tx: Transaction, { actor }: Scope, userId: string, type: string): Promise<void> {
  for (const organizationId of await organizationsOf(tx, userId))
    await append(tx, systemScope(organizationId, actor), [{ type, payload: { userId } }])
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

/**
 * Who changes the people of the organization, with the role they have now rather than when the request began. Until
 * the transaction ends nobody else changes them.
 * @throws AuthError person-needed: a stolen token must not let anybody in; not-a-member, role-too-low
 */
export async function presentPower(tx: Transaction, scope: Scope): Promise<{ userId: string; role: Role }> {
  const { actor, organizationId } = scope
  if (actor.kind !== 'user' || !actor.id) {
    throw new AuthError({
      code: 'person-needed',
      kind: 'forbidden',
      message: 'Only a signed-in person can change who belongs here. Please do it in the browser.',
    })
  }
  await lockPeople(tx, organizationId)
  const own = await findMember(organizationId, actor.id)
  if (!own) {
    throw new AuthError({ code: 'not-a-member', kind: 'not-found', message: 'There is no such organization for you.' })
  }
  const role = roleSchema.parse(own.role)
  authorize({ ...scope, role }, 'member.change')
  return { userId: actor.id, role }
}

/**
 * Gives a member another role, from their next request on.
 * @throws AuthError member-not-found, role-above-own, last-owner, and what presentPower throws
 */
export async function changeRole(scope: Scope, given: ChangeRole): Promise<void> {
  const { userId, role } = changeRoleInput.parse(given)
  await transaction(async (tx) => {
    const own = await presentPower(tx, scope)
    const member = await otherMember(scope, userId)
    if (member.role === role) return
    refuseAbove(own.role, member.role)
    refuseAbove(own.role, role)
    if (member.role === 'owner') await refuseLastOwner(tx, scope)
    await updateRole(tx, member.id, role)
    const payload = { userId, name: member.name, from: member.role, to: role }
    await append(tx, scope, [{ type: 'member.role-changed', payload }])
  })
}

/**
 * Ends a membership and the open invites its holder made. The account stays: it may belong elsewhere too.
 * @param endAccess ends what later rooms gave this person, in the same transaction, and returns the events of it
 * @throws AuthError member-not-found, role-above-own, last-owner, and what presentPower throws
 */
export async function removeMember(
  scope: Scope,
  userId: string,
  endAccess: (tx: Transaction) => Promise<EventDraft[]>,
  now = new Date(),
): Promise<void> {
  await transaction(async (tx) => {
    const own = await presentPower(tx, scope)
    const member = await otherMember(scope, userId)
    refuseAbove(own.role, member.role)
    if (member.role === 'owner') await refuseLastOwner(tx, scope)
    await deleteMember(tx, member.id)
    const invites = await endInvites(tx, scope.organizationId, { invitedById: userId }, now)
    const ended = await endAccess(tx)
    const payload = { userId, name: member.name, role: member.role }
    await append(tx, scope, [
      { type: 'member.removed', payload },
      ...invites.map(({ id, email }) => ({ type: 'invite.revoked', payload: { inviteId: id, email } })),
      ...ended,
    ])
  })
}

async function otherMember(scope: Scope, userId: string) {
  const member = await findMember(scope.organizationId, userId)
  if (member) {
    const { id, role, user } = member
    return { id, role: roleSchema.parse(role), name: user.name ?? user.email }
  }
  throw new AuthError({
    code: 'member-not-found',
    kind: 'not-found',
    message: 'There is no such member. Somebody may have removed them already.',
  })
}

/** @throws AuthError role-above-own */
export function refuseAbove(own: Role, role: Role): void {
  if (mayGrant(own, role)) return
  throw new AuthError({
    code: 'role-above-own',
    kind: 'forbidden',
    message: `Only an ${role} can give or take the role ${role}; yours is ${own}. Nothing was changed.`,
  })
}

async function refuseLastOwner(tx: Transaction, scope: Scope): Promise<void> {
  if ((await countOwners(tx, scope.organizationId)) > 1) return
  throw new AuthError({
    code: 'last-owner',
    kind: 'conflict',
    message: 'An organization needs at least one owner. Make somebody else an owner first; nothing was changed.',
  })
}
