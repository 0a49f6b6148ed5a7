const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Waits before the attempts after the first; the last one repeats. */
const WEBHOOK_WAITS_MS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 8 * HOUR]
const MESSAGE_WAITS_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 4 * HOUR]

/** An endpoint that fails this long is switched off. */
export const DISABLE_AFTER_MS = 5 * 24 * HOUR
/** A message to a person that could not be sent for this long has been overtaken by events. */
const GIVE_UP_AFTER_MS = 24 * HOUR
/** Longest wait that another server may ask for. */
const MOST_ASKED_SECONDS = 8 * 3600

export interface Failure {
  channel: 'email' | 'slack' | 'webhook' | 'in-app'
  /** attempts made, this one included */
  attempts: number
  retryable: boolean
  retryAfterSeconds: number | null
  ageMs: number
}

/**
 * When the next attempt is due, in milliseconds from now; null when there is none. Jitter adds up to a quarter, so that
 * what failed together does not come back together.
 * @param random in [0, 1)
 */
export function nextAttemptIn(failure: Failure, random: number): number | null {
  const limit = failure.channel === 'webhook' ? DISABLE_AFTER_MS : GIVE_UP_AFTER_MS
  if (!failure.retryable || failure.ageMs >= limit) return null
  const waits = failure.channel === 'webhook' ? WEBHOOK_WAITS_MS : MESSAGE_WAITS_MS
  const own = waits[Math.min(failure.attempts, waits.length) - 1] ?? (waits[0] as number)
  const asked = Math.min(failure.retryAfterSeconds ?? 0, MOST_ASKED_SECONDS) * SECOND
  return Math.max(asked, own) + Math.round(own * 0.25 * random)
}

/** Whether an endpoint is switched off, and why, in words. */
export function disableReason(facts: { gone: boolean; failingSince: Date | null; now: Date }): string | null {
  if (facts.gone) return 'The server answered 410 Gone: it wants no more events.'
  if (facts.failingSince && facts.now.getTime() - facts.failingSince.getTime() >= DISABLE_AFTER_MS) {
    return 'It has failed for five days.'
  }
  return null
}

/** What an answer of a webhook's server means. */
export function judgeStatus(status: number): 'accepted' | 'gone' | 'refused' | 'again' {
  if (status >= 200 && status < 300) return 'accepted'
  if (status === 410) return 'gone'
  // A redirect leads to an address nobody checked; it is never followed.
  if (status >= 300 && status < 400) return 'refused'
  return 'again'
}

/** Seconds of a Retry-After header, which holds seconds or a date (RFC 9110, 10.2.3). */
export function retryAfterSeconds(header: string | null, now: Date): number | null {
  if (header === null) return null
  if (/^\d{1,9}$/.test(header.trim())) return Number(header)
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now.getTime()) / SECOND))
}
