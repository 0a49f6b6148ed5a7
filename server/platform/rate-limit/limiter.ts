import { AppError } from '#server/kernel/app-error'
import { database } from '#server/platform/database/client'

/**
 * Counts one call of `key` in a window of a minute that all servers share, in one statement.
 * @throws AppError rate-limited once `perMinute` calls were made, naming the seconds to wait
 */
export async function takeTurn(key: string, perMinute: number): Promise<void> {
  const rows = await database().$queryRaw<{ failures: number; seconds: number }[]>`
    insert into "SignInAttempt" as seen ("key", "failures", "blockedUntil", "updatedAt")
    values (${`calls:${key}`}, 1, now() + interval '1 minute', now())
    on conflict ("key") do update set
      "failures" = case when seen."blockedUntil" <= now() then 1 else seen."failures" + 1 end,
      "blockedUntil" = case when seen."blockedUntil" <= now() then now() + interval '1 minute' else seen."blockedUntil" end,
      "updatedAt" = now()
    returning "failures", ceil(extract(epoch from "blockedUntil" - now()))::int as "seconds"`
  const row = rows[0]
  if (!row || row.failures <= perMinute) return
  throw new AppError({
    code: 'rate-limited',
    kind: 'too-many',
    message: `That was more than ${perMinute} changes in a minute. Nothing was changed; please try again in ${row.seconds} seconds.`,
    retryable: true,
    details: { retryAfterSeconds: row.seconds },
  })
}
