import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DISABLE_AFTER_MS, disableReason, judgeStatus, nextAttemptIn, retryAfterSeconds } from './retry'

const hour = 3600_000
const failure = { channel: 'webhook' as const, attempts: 1, retryable: true, retryAfterSeconds: null, ageMs: 0 }

test.each([
  [1, 5_000],
  [2, 5 * 60_000],
  [3, 30 * 60_000],
  [4, 2 * hour],
  [5, 8 * hour],
  [6, 8 * hour],
  [15, 8 * hour],
])('attempt %i of a webhook is followed after %i ms and at most a quarter more', (attempts, wait) => {
  expect(nextAttemptIn({ ...failure, attempts }, 0)).toBe(wait)
  expect(nextAttemptIn({ ...failure, attempts }, 0.999)).toBeLessThanOrEqual(wait * 1.25)
})

test('there is none after five days, and none for what would fail again', () => {
  expect(nextAttemptIn({ ...failure, ageMs: DISABLE_AFTER_MS }, 0)).toBeNull()
  expect(nextAttemptIn({ ...failure, retryable: false }, 0)).toBeNull()
})

test('a server that asks to wait is waited for, within reason', () => {
  expect(nextAttemptIn({ ...failure, retryAfterSeconds: 120 }, 0)).toBe(120_000)
  expect(nextAttemptIn({ ...failure, retryAfterSeconds: 10 ** 9 }, 0)).toBe(8 * hour)
})

test('it is always later than now', () => {
  const channel = fc.constantFrom('email' as const, 'slack' as const, 'webhook' as const)
  fc.assert(
    fc.property(
      channel,
      fc.integer({ min: 1, max: 50 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (name, attempts, random) => {
        expect(nextAttemptIn({ ...failure, channel: name, attempts }, random)).toBeGreaterThanOrEqual(5_000)
      },
    ),
  )
})

describe('answers', () => {
  test.each([
    [200, 'accepted'],
    [204, 'accepted'],
    [302, 'refused'],
    [400, 'again'],
    [404, 'again'],
    [410, 'gone'],
    [429, 'again'],
    [503, 'again'],
  ])('%i means %s', (status, meaning) => expect(judgeStatus(status)).toBe(meaning))

  const now = new Date('2026-11-25T12:00:00Z')
  test.each([
    [null, null],
    ['30', 30],
    ['Wed, 25 Nov 2026 12:01:00 GMT', 60],
    ['Wed, 25 Nov 2026 11:00:00 GMT', 0],
    ['soon', null],
  ])('Retry-After %s is %s seconds', (header, seconds) => expect(retryAfterSeconds(header, now)).toBe(seconds))

  test('an endpoint is switched off at 410 and after five days', () => {
    expect(disableReason({ gone: true, failingSince: null, now })).toMatch(/410/)
    const since = (ms: number) => new Date(now.getTime() - ms)
    expect(disableReason({ gone: false, failingSince: since(DISABLE_AFTER_MS - 1), now })).toBeNull()
    expect(disableReason({ gone: false, failingSince: since(DISABLE_AFTER_MS), now })).toMatch(/five days/)
  })
})
