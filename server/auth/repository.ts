import { database } from '#server/platform/database/client'
import { reader, type Transaction } from '#server/platform/database/transaction'
import { blockedMinutes } from './rules/sign-in-delay'

const MINUTE_MS = 60_000
/** Failures are forgotten when nothing was tried for this long. */
const FORGOTTEN_AFTER_MS = 24 * 60 * MINUTE_MS

export function findUserByEmail(email: string) {
  return reader().user.findUnique({ where: { email } })
}

export function findUser(id: string) {
  return reader().user.findUnique({ where: { id } })
}

/** Raises the session version with whatever else changes: every session made before stops working. */
export function endSessions(tx: Transaction, id: string, passwordHash?: string) {
  const data = { sessionVersion: { increment: 1 }, ...(passwordHash ? { passwordHash } : {}) }
  return tx.user.update({ where: { id }, data })
}

/** Until when any of these keys is blocked, or null. */
export async function blockedUntil(keys: string[], now: Date): Promise<Date | null> {
  const rows = await database().signInAttempt.findMany({
    where: { key: { in: keys }, blockedUntil: { gt: now } },
    orderBy: { blockedUntil: 'desc' },
  })
  return rows[0]?.blockedUntil ?? null
}

/**
 * Counts a failure for each key and blocks those that had too many. The count is one statement, so guesses sent at
 * the same moment to several servers all count.
 */
export async function countFailure(keys: string[], now: Date): Promise<void> {
  const forgotten = new Date(now.getTime() - FORGOTTEN_AFTER_MS)
  for (const key of keys) {
    const rows = await database().$queryRaw<{ failures: number }[]>`
      insert into "SignInAttempt" as seen ("key", "failures", "blockedUntil", "updatedAt") values (${key}, 1, ${now}, ${now})
      on conflict ("key") do update set
        "failures" = case when seen."updatedAt" < ${forgotten} then 1 else seen."failures" + 1 end,
        "updatedAt" = ${now}
      returning "failures"`
    const minutes = blockedMinutes(rows[0]?.failures ?? 1)
    if (minutes === 0) continue
    const until = new Date(now.getTime() + minutes * MINUTE_MS)
    await database().signInAttempt.update({ where: { key }, data: { blockedUntil: until } })
  }
}

/** Clears the key, and with it everything nobody has touched for a day: guesses must not fill the table for ever. */
export async function forgetFailures(key: string, now: Date): Promise<void> {
  const forgotten = new Date(now.getTime() - FORGOTTEN_AFTER_MS)
  const old = { updatedAt: { lt: forgotten }, blockedUntil: { lt: now } }
  await database().signInAttempt.deleteMany({ where: { OR: [{ key }, old] } })
}

/** Days for which a network is known as one from which an account signs in. */
const KNOWN_DAYS = 30
const placeKey = (email: string, network: string) => `known:${email} ${network}`

/** Whether somebody signed in to this account from this network lately. */
export async function isKnownPlace(email: string, network: string, now: Date): Promise<boolean> {
  const row = await database().signInAttempt.findUnique({ where: { key: placeKey(email, network) } })
  return row !== null && row.blockedUntil > now
}

/** Kept beside the failures, in a row that says until when it counts. */
export async function rememberPlace(email: string, network: string, now: Date): Promise<void> {
  const key = placeKey(email, network)
  const data = { failures: 0, blockedUntil: new Date(now.getTime() + KNOWN_DAYS * FORGOTTEN_AFTER_MS), updatedAt: now }
  await database().signInAttempt.upsert({ where: { key }, create: { key, ...data }, update: data })
}

export async function anybodyHere(tx: Transaction = database()): Promise<boolean> {
  return (await tx.user.findFirst({ select: { id: true } })) !== null
}

/** Keeps one link: whoever asks for a new one makes the old ones useless. */
export async function replaceLink(tokenHash: string, expiresAt: Date): Promise<void> {
  const links = database().setupLink
  await database().$transaction([
    links.deleteMany({ where: { usedAt: null } }),
    links.create({ data: { tokenHash, expiresAt } }),
  ])
}

export async function linkIsOpen(tokenHash: string, now: Date): Promise<boolean> {
  const row = await database().setupLink.findUnique({ where: { tokenHash } })
  return row !== null && row.usedAt === null && row.expiresAt > now
}

/** Takes the link in one statement, so that of several people at once exactly one gets true. */
export async function takeLink(tx: Transaction, tokenHash: string, now: Date): Promise<boolean> {
  const { count } = await tx.setupLink.updateMany({
    where: { tokenHash, usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now },
  })
  return count === 1
}

/**
 * Makes changes to who belongs to an organization wait for each other, so that what was checked (an owner remains, the
 * inviter may still invite) is still true when it is written.
 */
export async function lockPeople(tx: Transaction, organizationId: string): Promise<void> {
  await tx.$queryRaw`select 1 from "Organization" where "id" = ${organizationId}::uuid for no key update`
}

export function findMember(organizationId: string, userId: string) {
  return reader().member.findUnique({
    where: { organizationId_userId: { organizationId, userId } },
    include: { user: { select: { name: true, email: true } } },
  })
}

export async function organizationsOf(tx: Transaction, userId: string): Promise<string[]> {
  const rows = await tx.member.findMany({ where: { userId }, select: { organizationId: true } })
  return rows.map((row) => row.organizationId)
}

export function findMemberByEmail(tx: Transaction, organizationId: string, email: string) {
  return tx.member.findFirst({ where: { organizationId, user: { email } }, select: { id: true } })
}

export function countOwners(tx: Transaction, organizationId: string): Promise<number> {
  return tx.member.count({ where: { organizationId, role: 'owner' } })
}

export function insertMember(tx: Transaction, given: { organizationId: string; userId: string; role: string }) {
  return tx.member.create({ data: given })
}

export function updateRole(tx: Transaction, id: string, role: string) {
  return tx.member.update({ where: { id }, data: { role } })
}

export function deleteMember(tx: Transaction, id: string) {
  return tx.member.delete({ where: { id } })
}

/** Null when somebody has an account with this address already, also when they were first by a moment. */
export async function insertUser(tx: Transaction, given: { email: string; name: string; passwordHash: string }) {
  const [user] = await tx.user.createManyAndReturn({ data: [given], skipDuplicates: true })
  return user ?? null
}

interface InviteRow {
  organizationId: string
  email: string
  role: string
  tokenHash: string
  invitedById: string
  expiresAt: Date
}

export function insertInvite(tx: Transaction, row: InviteRow) {
  return tx.invite.create({
    data: row,
    include: { organization: { select: { name: true } }, invitedBy: { select: { name: true, email: true } } },
  })
}

export function findInvite(tokenHash: string) {
  return reader().invite.findUnique({
    where: { tokenHash },
    include: { organization: { select: { name: true } }, invitedBy: { select: { name: true, email: true } } },
  })
}

/** Takes the invite in one statement, so that of several people at once exactly one gets true. */
export async function takeInvite(tx: Transaction, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.invite.updateMany({
    where: { id, acceptedAt: null, revokedAt: null, expiresAt: { gt: now } },
    data: { acceptedAt: now },
  })
  return count === 1
}

/** Ends invites nobody has accepted: one, those for an address, or those somebody made. Returns what was ended. */
export function endInvites(
  tx: Transaction,
  organizationId: string,
  which: { id: string } | { email: string } | { invitedById: string },
  now: Date,
) {
  return tx.invite.updateManyAndReturn({
    where: { ...which, organizationId, acceptedAt: null, revokedAt: null },
    data: { revokedAt: now },
    select: { id: true, email: true },
  })
}
