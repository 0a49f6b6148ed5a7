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

/** Making a formatter costs more than a hundred uses of it. Its Swedish form reads 2026-11-26 08:00. */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  clocks.set(timeZone, made)
  return made
}

/** Day and minutes since midnight on the clock of a time zone. Offsets and daylight saving are Intl's work. */
function clockAt(at: Date, timeZone: string): { day: string; minute: number } {
  const [day = '', time = ''] = clockOf(timeZone).format(at).split(' ')
  return { day, minute: minutesOf(time) }
}

/** Minutes since midnight on the clock of a time zone. */
export function minuteOfDay(at: Date, timeZone: string): number {
  return clockAt(at, timeZone).minute
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
  if (wishes.digest === 'daily') return nextDaily(at, wishes.timeZone, minutesOf(wishes.digestAt))
  return firstMinute(new Date(at.getTime() + 1), wishes.timeZone, (minute) => minute % HOUR_MINUTES === 0)
}

/** Once on each day of that calendar: a day's digest is the same moment, whenever one asks. */
function nextDaily(at: Date, timeZone: string, due: number): Date {
  const today = Date.parse(clockAt(at, timeZone).day)
  for (let days = -1; ; days += 1) {
    const time = dailyOn(new Date(today + days * DAY_MINUTES * MINUTE_MS), timeZone, due)
    if (time && time > at) return time
  }
}

/**
 * The first minute of a day at which its clock shows `due` or later: the one that the changed clock skips is made up for
 * by the next, in Greenland the first of the day after; of one that comes twice the first counts. Null for a day that a
 * calendar leaves out.
 * @param date its midnight in UTC
 */
function dailyOn(date: Date, timeZone: string, due: number): Date | null {
  const guess = date.getTime() + due * MINUTE_MS
  const offsets = [-1, 1].map((days) => offsetAt(new Date(guess + days * DAY_MINUTES * MINUTE_MS), timeZone))
  const day = date.toISOString().slice(0, 10)
  for (let at = guess - Math.max(...offsets); at <= guess - Math.min(...offsets); at += MINUTE_MS) {
    const clock = clockAt(new Date(at), timeZone)
    if (clock.day === day && clock.minute >= due) return new Date(at)
    if (clock.day > day) return clockAt(new Date(at - MINUTE_MS), timeZone).day === day ? new Date(at) : null
  }
  return null
}

/** Milliseconds by which a zone's clock is ahead of UTC at a whole minute. */
function offsetAt(at: Date, timeZone: string): number {
  const { day, minute } = clockAt(at, timeZone)
  return Date.parse(day) + minute * MINUTE_MS - at.getTime()
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
