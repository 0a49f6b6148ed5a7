import { createTransport } from 'nodemailer'
import { cleanText } from '#server/kernel/clean-text'
import { hashPassword } from '#server/platform/crypto/password'
import { createToken, hashToken } from '#server/platform/crypto/token'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { authEnvironment } from '#server/platform/env/auth'
import { append } from '#server/platform/events/log'
import { logger } from '#server/platform/logging/logger'
import { presentPower, refuseAbove, refuseWeakPassword } from './commands'
import { AuthError } from './errors'
import { systemScope } from './gate'
import {
  type InviteInput,
  type InviteState,
  inviteInput,
  type JoinWithNewAccount,
  joinInput,
  type Role,
  roleSchema,
  type Scope,
} from './model'
import {
  endInvites,
  findInvite,
  findMember,
  findMemberByEmail,
  findUserByEmail,
  insertInvite,
  insertMember,
  insertUser,
  lockPeople,
  takeInvite,
} from './repository'
import { closedInvite, inviteState } from './rules/invite-state'
import { normalizePassword } from './rules/password'
import type { SessionUser } from './session'

const INVITE_DAYS = 7
const DAY_MS = 24 * 60 * 60_000
const MAIL_TIMEOUT_MS = 10_000

/** What the inviter gets to see. It is the same whether or not the address has an account here. */
export interface CreatedInvite {
  id: string
  email: string
  role: Role
  expiresAt: Date
  /** To be handed over by the inviter: shown this once. Null when it was sent by e-mail instead. */
  link: string | null
}

/**
 * Invites one address with one role, for seven days and one use; an earlier open invite for the address ends. With a
 * mail server the link goes to the address and nobody else sees it; without, or if sending fails, the inviter gets it.
 * @throws AuthError person-needed, role-above-own, already-member
 */
export async function createInvite(scope: Scope, given: InviteInput, now = new Date()): Promise<CreatedInvite> {
  const { email, role } = inviteInput.parse(given)
  const { token, hash } = createToken()
  const { organizationId } = scope
  const invite = await transaction(async (tx) => {
    const own = await presentPower(tx, scope)
    refuseAbove(own.role, role)
    if (await findMemberByEmail(tx, organizationId, email)) {
      throw new AuthError({
        code: 'already-member',
        kind: 'conflict',
        message: 'This person is a member already. You can change their role in the table.',
      })
    }
    const replaced = await endInvites(tx, organizationId, { email }, now)
    const row = await insertInvite(tx, {
      organizationId,
      email,
      role,
      tokenHash: hash,
      invitedById: own.userId,
      expiresAt: new Date(now.getTime() + INVITE_DAYS * DAY_MS),
    })
    await append(tx, scope, [
      ...replaced.map((old) => ({ type: 'invite.revoked', payload: { inviteId: old.id, email } })),
      { type: 'member.invited', payload: { inviteId: row.id, email, role } },
    ])
    return row
  })
  const link = new URL(`/invite/${token}`, authEnvironment().NEXTAUTH_URL).href
  const sent = await sendInvite({ ...invite, link })
  return { id: invite.id, email, role, expiresAt: invite.expiresAt, link: sent ? null : link }
}

interface InviteMail {
  id: string
  email: string
  link: string
  organization: { name: string }
  invitedBy: { name: string | null; email: string }
}

/** Whether the link is on its way. A mail server that is down must not lose the invite: its maker gets the link. */
async function sendInvite({ id, email, link, organization, invitedBy }: InviteMail): Promise<boolean> {
  const { EMAIL_SERVER: server, EMAIL_FROM: from = 'Orchestrator <orchestrator@localhost>' } = authEnvironment()
  if (!server) return false
  const mail = createTransport({ url: server, connectionTimeout: MAIL_TIMEOUT_MS, socketTimeout: MAIL_TIMEOUT_MS })
  try {
    await mail.sendMail({
      to: email,
      from,
      subject: `${invitedBy.name ?? invitedBy.email} invites you to ${organization.name} on Orchestrator`,
      text: `Open this link to join. It works once and for ${INVITE_DAYS} days.\n\n${link}\n\nIf you do not know what this is about, you can ignore this e-mail.\n`,
    })
    return true
  } catch (error) {
    logger().warn({ err: error, inviteId: id }, 'an invite could not be sent by e-mail; its maker got the link')
    return false
  }
}

/** Makes the link useless. @throws AuthError invite-not-found, also when it was used or revoked before */
export async function revokeInvite(scope: Scope, id: string, now = new Date()): Promise<void> {
  await transaction(async (tx) => {
    await presentPower(tx, scope)
    const [ended] = await endInvites(tx, scope.organizationId, { id }, now)
    if (!ended) {
      throw new AuthError({
        code: 'invite-not-found',
        kind: 'not-found',
        message: 'There is no such open invite. It may have been accepted or revoked already.',
      })
    }
    await append(tx, scope, [{ type: 'invite.revoked', payload: { inviteId: ended.id, email: ended.email } }])
  })
}

/** What the holder of a link sees. It never says whether the address has an account. */
export type InviteView =
  | {
      state: 'open'
      organization: string
      invitedBy: string
      role: Role
      email: string
      /** Whether the person who is signed in, if any, is the one who is invited. */
      viewer: 'nobody' | 'invited' | 'somebody-else'
    }
  | { state: Exclude<InviteState, 'open'>; message: string }

/** Looks at an invite and changes nothing: mail scanners and previews look too. */
export async function viewInvite(token: string, viewer: SessionUser | null, now = new Date()): Promise<InviteView> {
  const found = await lookUp(token, now)
  if (found.state !== 'open') return { state: found.state, message: closedInvite[found.state] }
  const { invite } = found
  return {
    state: 'open',
    organization: invite.organization.name,
    invitedBy: invite.invitedBy.name ?? invite.invitedBy.email,
    role: roleSchema.parse(invite.role),
    email: invite.email,
    viewer: !viewer ? 'nobody' : viewer.email === invite.email ? 'invited' : 'somebody-else',
  }
}

type LookedUp =
  | { state: 'open'; invite: NonNullable<Awaited<ReturnType<typeof findInvite>>> }
  | { state: Exclude<InviteState, 'open'> }

async function lookUp(token: string, now: Date): Promise<LookedUp> {
  const invite = await findInvite(hashToken(token))
  if (!invite) return { state: 'unknown' }
  const inviter = await findMember(invite.organizationId, invite.invitedById)
  const dates = { ...invite, role: roleSchema.parse(invite.role) }
  const state = inviteState(dates, inviter ? roleSchema.parse(inviter.role) : null, now)
  return state === 'open' ? { state, invite } : { state }
}

/** @throws AuthError invite-closed, saying why */
async function openInvite(token: string, now: Date) {
  const found = await lookUp(token, now)
  if (found.state === 'open') return found.invite
  throw closed(found.state)
}

function closed(state: Exclude<InviteState, 'open'>): AuthError {
  return new AuthError({ code: 'invite-closed', kind: 'not-found', message: closedInvite[state], details: { state } })
}

function emailTaken(): AuthError {
  return new AuthError({
    code: 'email-taken',
    kind: 'conflict',
    message:
      'A new account could not be made for this address. If you have one already, sign in first and accept then; the invite is still open.',
  })
}

export interface Joined {
  organizationId: string
  email: string
}

interface Person {
  id: string
  name: string | null
  email: string
}

/**
 * Makes an account for the invited address and joins with it.
 * @throws AuthError invite-closed, weak-password (the invite stays open), email-taken (sign in and join instead)
 */
export async function joinWithNewAccount(given: JoinWithNewAccount, now = new Date()): Promise<Joined> {
  const input = joinInput.parse(given)
  // Before the costly hash, so that guessing links is not a way to make the server work.
  const invite = await openInvite(input.token, now)
  refuseWeakPassword(input.password, invite.email)
  if (await findUserByEmail(invite.email)) throw emailTaken()
  const passwordHash = await hashPassword(normalizePassword(input.password))
  return join(input.token, now, async (tx, email) => {
    const user = await insertUser(tx, { email, name: cleanText(input.name), passwordHash })
    if (!user) throw emailTaken()
    return user
  })
}

/**
 * Joins with the account that is signed in; its address must be the invited one.
 * @throws AuthError invite-closed, invite-for-another, already-member
 */
export function joinAs(person: SessionUser, token: string, now = new Date()): Promise<Joined> {
  return join(token, now, async (_tx, email) => {
    if (person.email === email) return person
    throw new AuthError({
      code: 'invite-for-another',
      kind: 'forbidden',
      message: 'This invite is for another address than the one you are signed in with. Please sign in with that one.',
    })
  })
}

/** All or nothing: whoever is refused leaves the invite as it was. */
async function join(token: string, now: Date, personFor: (tx: Transaction, email: string) => Promise<Person>) {
  return transaction(async (tx): Promise<Joined> => {
    const { organizationId } = await openInvite(token, now)
    await lockPeople(tx, organizationId)
    // Looked at again: until the lock was ours, the invite could be used and its maker could lose their role.
    const invite = await openInvite(token, now)
    if (!(await takeInvite(tx, invite.id, now))) throw closed('used')
    const person = await personFor(tx, invite.email)
    if (await findMember(organizationId, person.id)) {
      throw new AuthError({
        code: 'already-member',
        kind: 'conflict',
        message: 'You are a member of this organization already. Nothing was changed.',
      })
    }
    const role = roleSchema.parse(invite.role)
    await insertMember(tx, { organizationId, userId: person.id, role })
    const name = person.name ?? person.email
    const scope = systemScope(organizationId, { kind: 'user', id: person.id, name })
    const payload = { inviteId: invite.id, userId: person.id, name, role }
    await append(tx, scope, [{ type: 'member.joined', payload }])
    return { organizationId, email: invite.email }
  })
}
