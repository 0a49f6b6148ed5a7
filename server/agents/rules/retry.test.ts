import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProviderError, providerFailures } from '#server/agents/errors'
import { decideRetry, LONGEST_WAIT_MS } from './retry'

const facts = fc.record({
  failure: fc.constantFrom(...providerFailures),
  tryNumber: fc.integer({ min: 1, max: 12 }),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 10 * LONGEST_WAIT_MS }), { nil: null }),
})

describe('decideRetry', () => {
  it('retries exactly the failures that are born retryable', () => {
    for (const failure of providerFailures) {
      const verdict = decideRetry({ failure, tryNumber: 1, random: 0.5, retryAfterMs: null })
      expect(verdict.retry, failure).toBe(new ProviderError(failure, '').retryable)
    }
  })

  it('always ends, never hurries a provider, and never waits longer than a turn may', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const verdict = decideRetry(given)
        if (given.tryNumber >= 5) expect(verdict.retry).toBe(false)
        if (!verdict.retry) return
        expect(verdict.delayMs).toBeGreaterThanOrEqual(given.retryAfterMs ?? 0)
        expect(verdict.delayMs).toBeLessThanOrEqual(LONGEST_WAIT_MS + 2_000)
      }),
    )
  })

  it('hands a long wait to the caller', () => {
    const limited = { failure: 'rate-limited', tryNumber: 1, random: 0 } as const
    expect(decideRetry({ ...limited, retryAfterMs: 10_000 })).toEqual({ retry: true, delayMs: 10_000 })
    expect(decideRetry({ ...limited, retryAfterMs: 10_001 })).toEqual({ retry: false, reason: 'wait-too-long' })
  })

  it('backs off further with every try', () => {
    const delays = [1, 2, 3, 4].map((tryNumber) =>
      decideRetry({ failure: 'overloaded', tryNumber, random: 0.5, retryAfterMs: null }),
    )
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000].map((delayMs) => ({ retry: true, delayMs })))
    expect(decideRetry({ failure: 'overloaded', tryNumber: 5, random: 0.5, retryAfterMs: null })).toEqual({
      retry: false,
      reason: 'exhausted',
    })
  })
})
