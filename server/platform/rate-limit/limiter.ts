import { AppError } from '#server/kernel/app-error'
import { database } from '#server/platform/database/client'

/**
 * Counts one call of `key` in a window that all servers share, in one statement.
 * @returns the calls in it, this one included, and the seconds until it ends
 */
export async function countCall(key: string, windowSeconds: number): Promise<{ calls: number; seconds: number }> {
  const [row] = await database().$queryRaw<{ calls: number; seconds: number }[]>`
    insert into "SignInAttempt" as seen ("key", "failures", "blockedUntil", "updatedAt")
    values (${`calls:${key}`}, 1, now() + make_interval(secs => ${windowSeconds}::double precision), now())
    on conflict ("key") do update set
      "failures" = case when seen."blockedUntil" <= now() then 1 else seen."failures" + 1 end,
      "blockedUntil" = case when seen."blockedUntil" <= now() then excluded."blockedUntil" else seen."blockedUntil" end,
      "updatedAt" = now()
    returning "failures" as calls, ceil(extract(epoch from "blockedUntil" - now()))::int as "seconds"`
  if (!row) throw new Error('the database did not count a call')
  return row
}

/** @throws AppError rate-limited once `perMinute` calls of `key` were made, naming the seconds to wait */
export async function takeTurn(key: string, perMinute: number): Promise<void> {
  const { calls, seconds } = await countCall(key, 60)
  if (calls <= perMinute) return
  throw new AppError({
    code: 'rate-limited',
    kind: 'too-many',
    message: `That was more than ${perMinute} changes in a minute. Nothing was changed; please try again in ${seconds} seconds.`,
    retryable: true,
    details: { retryAfterSeconds: seconds },
  })
}
