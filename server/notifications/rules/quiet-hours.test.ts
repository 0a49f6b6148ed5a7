import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { saveWishesInput } from '../model'
import { endOfQuiet, holdOf, isQuiet, minuteOfDay, nextDigest, type TimeWishes } from './quiet-hours'

const at = (iso: string) => new Date(iso)
const night = { from: '22:00', to: '07:00' }
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Chatham']

describe('isQuiet', () => {
  test.each([
    [22 * 60, true],
    [21 * 60 + 59, false],
    [0, true],
    [6 * 60 + 59, true],
    [7 * 60, false],
  ])('minute %i of a night: %s', (minute, quiet) => expect(isQuiet(minute, night)).toBe(quiet))
  test('equal ends are no quiet hours', () => expect(isQuiet(480, { from: '08:00', to: '08:00' })).toBe(false))
})

describe('endOfQuiet', () => {
  test.each([
    // an ordinary night, in winter
    ['2026-11-25T23:30:00Z', 'Europe/Berlin', '2026-11-26T06:00:00.000Z'],
    // the night the clock goes forward: seven o'clock comes an hour earlier in UTC
    ['2026-03-28T23:30:00Z', 'Europe/Berlin', '2026-03-29T05:00:00.000Z'],
    // the night it goes back
    ['2026-10-24T22:30:00Z', 'Europe/Berlin', '2026-10-25T06:00:00.000Z'],
    ['2026-11-25T18:00:00Z', 'Asia/Kolkata', '2026-11-26T01:30:00.000Z'],
    ['2026-11-25T12:00:00Z', 'Europe/Berlin', '2026-11-25T12:00:00.000Z'],
  ])('%s in %s: %s', (from, zone, end) => expect(endOfQuiet(at(from), night, zone).toISOString()).toBe(end))

  test('whenever it ends, the clock there says that it is not quiet, and it was quiet until then', () => {
    const clock = fc.integer({ min: 0, max: 1439 }).map((minute) => {
      const two = (number: number) => String(number).padStart(2, '0')
      return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
    })
    const moment = fc.date({ min: at('2026-01-01'), max: at('2027-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(moment, clock, clock, fc.constantFrom(...zones), (from, begin, end, zone) => {
        const quiet = { from: begin, to: end }
        const ends = endOfQuiet(from, quiet, zone)
        expect(ends.getTime()).toBeGreaterThanOrEqual(from.getTime())
        expect(isQuiet(minuteOfDay(ends, zone), quiet)).toBe(false)
        expect(ends.getTime() - from.getTime()).toBeLessThanOrEqual(26 * 3600_000)
        const before = new Date(ends.getTime() - 60_000)
        if (before > from) expect(isQuiet(minuteOfDay(before, zone), quiet)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })
})

describe('nextDigest', () => {
  test.each([
    ['hourly', '2026-11-25T12:10:00Z', 'Europe/Berlin', '2026-11-25T13:00:00.000Z'],
    ['hourly', '2026-11-25T12:00:00Z', 'Europe/Berlin', '2026-11-25T13:00:00.000Z'],
    ['hourly', '2026-11-25T12:10:00Z', 'Asia/Kolkata', '2026-11-25T12:30:00.000Z'],
    ['daily', '2026-11-25T12:00:00Z', 'Europe/Berlin', '2026-11-26T07:00:00.000Z'],
    ['daily', '2026-11-25T06:00:00Z', 'Europe/Berlin', '2026-11-25T07:00:00.000Z'],
    ['daily', '2026-11-25T07:20:00Z', 'Europe/Berlin', '2026-11-26T07:00:00.000Z'],
  ] as const)('%s after %s in %s: %s', (digest, from, timeZone, due) => {
    expect(nextDigest(at(from), { digest, digestAt: '08:00', timeZone }).toISOString()).toBe(due)
  })
  test('a time that the changed clock skips is made up for within the hour', () => {
    const due = nextDigest(at('2026-03-28T20:00:00Z'), {
      digest: 'daily',
      digestAt: '02:30',
      timeZone: 'Europe/Berlin',
    })
    expect(due.toISOString()).toBe('2026-03-29T01:00:00.000Z')
  })
})

describe('a daily digest', () => {
  const zonesThatChange = [
    ...['Europe/Berlin', 'Europe/Dublin', 'America/New_York', 'America/St_Johns', 'America/Havana', 'America/Nuuk'],
    ...[
      'Asia/Beirut',
      'Africa/Cairo',
      'Africa/Casablanca',
      'Australia/Lord_Howe',
      'Pacific/Chatham',
      'Antarctica/Troll',
    ],
  ]
  const HOUR_MS = 3600_000
  const shown = (time: Date, timeZone: string) =>
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(time)
  /** The day whose digest it is, and by how much it comes late: past midnight only where the clock skips midnight. */
  const dayAndDelay = (time: Date, timeZone: string, digestAt: string) => {
    const [day = '', minute = ''] = shown(time, timeZone).split(' ')
    const delay = Date.parse(`1970-01-01T${minute}Z`) - Date.parse(`1970-01-01T${digestAt}Z`)
    const skipped = delay < 0 ? 24 * HOUR_MS : 0
    return { day: Date.parse(day) - skipped, delay: delay + skipped }
  }
  const clock = fc.integer({ min: 0, max: 1439 }).map((minute) => new Date(minute * 60_000).toISOString().slice(11, 16))
  /** The days on which a zone's clock is changed, as their noon in UTC. */
  const changes = zonesThatChange.flatMap((zone) => {
    const hourAt = (day: number) => shown(new Date(day), zone).slice(-5)
    const days = Array.from({ length: 730 }, (_, index) => Date.UTC(2026, 0, 1, 12) + index * 24 * HOUR_MS)
    return days.filter((day) => hourAt(day) !== hourAt(day - 24 * HOUR_MS)).map((day) => ({ zone, day }))
  })

  test('comes exactly once on each day of the calendar, also when the clock is changed that night', () => {
    expect(changes.length).toBeGreaterThanOrEqual(4 * zonesThatChange.length)
    const start = fc.record({ change: fc.constantFrom(...changes), before: fc.integer({ min: 0, max: 3000 }) })
    fc.assert(
      fc.property(start, clock, ({ change: { zone, day }, before }, digestAt) => {
        const wishes = { digest: 'daily' as const, digestAt, timeZone: zone }
        const first = nextDigest(new Date(day - before * 60_000), wishes)
        let last = first
        for (let count = 1; count <= 4; count += 1) {
          const next = nextDigest(last, wishes)
          const between = new Date(last.getTime() + Math.floor((next.getTime() - last.getTime()) / 2))
          expect(nextDigest(between, wishes)).toEqual(next)
          const [before, after] = [last, next].map((time) => dayAndDelay(time, zone, digestAt))
          expect(after?.day).toBe((before?.day ?? 0) + 24 * HOUR_MS)
          expect(after?.delay).toBeLessThanOrEqual(2 * HOUR_MS)
          last = next
        }
      }),
      { numRuns: 300, examples: [[{ change: { zone: 'America/Nuuk', day: 1806235200000 }, before: 2052 }, '23:49']] },
    )
  })

  test.each([
    // half past two comes twice in that night: the first one counts
    ['2026-10-24T20:00:00Z', 'Europe/Berlin', '02:30', '2026-10-25T00:30:00.000Z'],
    ['2026-10-25T00:30:00Z', 'Europe/Berlin', '02:30', '2026-10-26T01:30:00.000Z'],
    ['2026-10-25T00:45:00Z', 'Europe/Berlin', '02:30', '2026-10-26T01:30:00.000Z'],
    // in Nuuk the clock goes from 23:00 to midnight: the last minute of that day is 22:59
    ['2027-03-27T20:00:00Z', 'America/Nuuk', '23:49', '2027-03-28T01:00:00.000Z'],
    ['2027-03-28T01:00:00Z', 'America/Nuuk', '23:49', '2027-03-29T00:49:00.000Z'],
    // the calendar of Samoa left out the 30th
    ['2011-12-29T20:00:00Z', 'Pacific/Apia', '08:00', '2011-12-30T18:00:00.000Z'],
  ])('after %s in %s at %s: %s', (from, timeZone, digestAt, due) => {
    expect(nextDigest(at(from), { digest: 'daily', digestAt, timeZone }).toISOString()).toBe(due)
  })
})

describe('holdOf', () => {
  const wishes: TimeWishes = { quietHours: night, timeZone: 'Europe/Berlin', digest: 'none', digestAt: '08:00' }
  const evening = at('2026-11-25T22:00:00Z')
  const message = { urgency: 'today' as const, deadline: null, digestible: true }
  test('an urgent message never waits', () =>
    expect(holdOf(evening, wishes, { ...message, urgency: 'now' })).toBeNull())
  test('others wait for the morning', () =>
    expect(holdOf(evening, wishes, message)).toEqual({ until: at('2026-11-26T06:00:00Z'), reason: 'quiet hours' }))
  test('not when the deadline is before the morning', () =>
    expect(holdOf(evening, wishes, { ...message, deadline: at('2026-11-26T05:00:00Z') })).toBeNull())
  test('a digest that falls into the quiet hours goes out after them', () =>
    expect(holdOf(evening, { ...wishes, digest: 'hourly' }, message)).toEqual({
      until: at('2026-11-26T06:00:00Z'),
      reason: 'digest',
    }))
  test('what is no e-mail does not wait for a digest', () =>
    expect(
      holdOf(at('2026-11-25T12:10:00Z'), { ...wishes, digest: 'daily' }, { ...message, digestible: false }),
    ).toBeNull())
  test('by day without a digest nothing waits', () =>
    expect(holdOf(at('2026-11-25T12:10:00Z'), wishes, message)).toBeNull())
})

test('equal ends are refused where people choose them, because they would mean no quiet hours', () => {
  const wishes = { place: 'all', matrix: {}, timeZone: 'UTC', digest: 'none', digestAt: '08:00' }
  const chosen = (to: string) => saveWishesInput.safeParse({ ...wishes, quietHours: { from: '07:00', to } })
  expect(chosen('07:00').error?.issues[0]?.message).toContain('Choose two different times')
  expect(chosen('07:01').success).toBe(true)
})
