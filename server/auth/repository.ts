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
  await database().signInAttempt.deleteMany({ where: { OR: [{ key }, { updatedAt: { lt: forgotten } }] } })
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
