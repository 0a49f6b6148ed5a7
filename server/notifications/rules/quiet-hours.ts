import type { Digest, QuietHours, Urgency } from '../model'

const DAY_MINUTES = 24 * 60
const MINUTE_MS = 60_000
/** A digest of an hour goes out at the full hour. */
const HOUR_MINUTES = 60

export interface TimeWishes {
  quietHours: QuietHours | null
  timeZone: string
  digest: Digest
  digestAt: string
}

/** Why and until when something waits before it is sent. */
export interface Hold {
  until: Date
  reason: 'quiet hours' | 'digest'
}

const clocks = new Map<string, Intl.DateTimeFormat>()

/** Making a formatter costs more than a hundred uses of it. */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  clocks.set(timeZone, made)
  return made
}

/** Minutes since midnight on the clock of a time zone. Offsets of half hours and daylight saving are Intl's work. */
export function minuteOfDay(at: Date, timeZone: string): number {
  return minutesOf(clockOf(timeZone).format(at))
}

function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return hours * 60 + minutes
}

/** Whether a minute of the day lies in [from, to), also over midnight. Equal ends mean no quiet hours at all. */
export function isQuiet(minute: number, { from, to }: QuietHours): boolean {
  const [begin, end] = [minutesOf(from), minutesOf(to)]
  return begin <= end ? minute >= begin && minute < end : minute >= begin || minute < end
}

/**
 * The first whole minute from `at` on for which `wanted` holds on that time zone's clock, at most a little over a day
 * ahead. It walks the real minutes, so a night with a changed clock is an hour shorter or longer, as it is for people.
 */
function firstMinute(at: Date, timeZone: string, wanted: (minute: number) => boolean): Date {
  let time = Math.ceil(at.getTime() / MINUTE_MS) * MINUTE_MS
  const last = time + (DAY_MINUTES + 2 * HOUR_MINUTES) * MINUTE_MS
  while (time < last && !wanted(minuteOfDay(new Date(time), timeZone))) time += MINUTE_MS
  return new Date(time)
}

/** When quiet hours that hold at `at` end; `at` itself when none hold. */
export function endOfQuiet(at: Date, quiet: QuietHours, timeZone: string): Date {
  if (!isQuiet(minuteOfDay(at, timeZone), quiet)) return at
  return firstMinute(at, timeZone, (minute) => !isQuiet(minute, quiet))
}

/** When the next digest goes out, strictly after `at`. */
export function nextDigest(at: Date, wishes: Pick<TimeWishes, 'digest' | 'digestAt' | 'timeZone'>): Date {
  const later = new Date(at.getTime() + 1)
  if (wishes.digest === 'daily') {
    // The minute itself may be skipped on the night the clock is put forward: whatever comes in the quarter after it.
    const due = minutesOf(wishes.digestAt)
    const past = (minute: number) => (minute - due + DAY_MINUTES) % DAY_MINUTES < 90
    const outside = firstMinute(later, wishes.timeZone, (minute) => !past(minute))
    return firstMinute(past(minuteOfDay(later, wishes.timeZone)) ? outside : later, wishes.timeZone, past)
  }
  return firstMinute(later, wishes.timeZone, (minute) => minute % HOUR_MINUTES === 0)
}

/**
 * Whether a message waits. Urgent ones never do, nor one whose deadline would pass while it waits; the rest waits for
 * the end of the quiet hours, and, if it may wait for a digest, for that.
 */
export function holdOf(
  at: Date,
  wishes: TimeWishes,
  message: { urgency: Urgency; deadline: Date | null; digestible: boolean },
): Hold | null {
  if (message.urgency === 'now') return null
  const fits = (until: Date) => message.deadline === null || until.getTime() < message.deadline.getTime()
  const digest = wishes.digest !== 'none' && message.digestible ? nextDigest(at, wishes) : null
  const quietFrom = digest ?? at
  const until = wishes.quietHours ? endOfQuiet(quietFrom, wishes.quietHours, wishes.timeZone) : quietFrom
  if (until.getTime() <= at.getTime() || !fits(until)) return null
  return { until, reason: digest ? 'digest' : 'quiet hours' }
}
