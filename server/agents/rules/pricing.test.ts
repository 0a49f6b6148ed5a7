import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { costMicroUsd, costOf, parsePrices, priceOf, prices } from './pricing'

const saturday = new Date('2026-11-21T02:00:00Z')
const mondayPeak = new Date('2026-11-23T02:00:00Z')
const mondayCalm = new Date('2026-11-23T04:00:00Z')
const M = 1_000_000
const none = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 }

function row(model: string, at = mondayCalm) {
  const found = priceOf(model, at)
  if (found === null) throw new Error(`${model} has no price`)
  return found
}

describe('priceOf', () => {
  it('knows models by exact and by dated id, and nothing that only looks alike', () => {
    expect(priceOf('claude-haiku-4-5', mondayCalm)?.id).toBe('claude-haiku-4-5')
    expect(priceOf('claude-haiku-4-5-20251001', mondayCalm)?.id).toBe('claude-haiku-4-5')
    expect(priceOf('gpt-6.1-sol-2026-10-01', mondayCalm)?.id).toBe('gpt-6.1-sol')
    for (const unknown of ['gpt-6.1', 'claude-opus-5-5-fast', 'llama4', '', 'scripted-implementer']) {
      expect(priceOf(unknown, mondayCalm), unknown).toBeNull()
      expect(costOf(unknown, none, mondayCalm), unknown).toBeNull()
    }
  })

  it('follows a price change by the day', () => {
    expect(priceOf('claude-sonnet-5-5', new Date('2026-10-06T23:59:59Z'))?.cacheRead).toBe(0.2)
    expect(priceOf('claude-sonnet-5-5', new Date('2026-10-07T00:00:00Z'))?.cacheRead).toBe(0.1)
  })
})

describe('costMicroUsd', () => {
  it.each([
    ['claude-opus-5-5', { input: M }, 4 * M],
    ['claude-opus-5-5', { output: M }, 20 * M],
    ['claude-opus-5-5', { cacheRead: M }, 0.2 * M],
    ['claude-opus-5-5', { cacheWrite: M }, 5 * M],
    ['claude-haiku-5-5', { input: 100_000 }, 10_000],
    ['claude-haiku-5-5', { input: 100_001 }, 50_001],
    ['claude-haiku-5-5', { input: 1, cacheRead: 100_000, output: 100 }, 5_251],
    ['gpt-6.1-sol', { input: 272_000, output: 1_000 }, 554_000],
    ['gpt-6.1-sol', { input: 272_001, output: 1_000 }, 1_103_004],
    ['gpt-6.1-sol', { input: 72_001, cacheRead: 100_000, cacheWrite: 100_000 }, 808_004],
    ['deepseek-flash', { input: M, output: M }, 0.75 * M],
  ])('%s: %j costs %d millionths of a dollar', (model, usage, expected) => {
    expect(costMicroUsd(row(model), { ...none, ...usage }, mondayCalm)).toBe(expected)
  })

  it('doubles DeepSeek at its peak hours on weekdays', () => {
    const usage = { ...none, input: M, cacheRead: M, output: M }
    const cost = (at: Date) => costMicroUsd(row('deepseek-v4-pro'), usage, at)
    const calm = 2_662_000
    expect(cost(mondayCalm)).toBe(calm)
    expect(cost(saturday)).toBe(calm)
    expect(cost(mondayPeak)).toBe(2 * calm)
    expect(cost(new Date('2026-11-23T09:59:59Z'))).toBe(2 * calm)
    expect(cost(new Date('2026-11-23T10:00:00Z'))).toBe(calm)
    expect(cost(new Date('2026-11-23T00:59:59Z'))).toBe(calm)
  })

  it('rounds up once per turn: a token is never free, and a split turn never cheaper', () => {
    expect(costMicroUsd(row('deepseek-flash'), { ...none, cacheRead: 1 }, mondayCalm)).toBe(1)
    expect(costMicroUsd(row('deepseek-flash'), none, mondayCalm)).toBe(0)
    const tokens = fc.nat({ max: 50_000 })
    const usage = fc.record({ input: tokens, cacheRead: tokens, cacheWrite: fc.constant(0), output: tokens })
    fc.assert(
      fc.property(fc.constantFrom(...prices), usage, usage, (price, one, other) => {
        const both = {
          ...none,
          input: one.input + other.input,
          cacheRead: one.cacheRead + other.cacheRead,
          output: one.output + other.output,
        }
        fc.pre(both.input + both.cacheRead <= 100_000)
        const cost = (given: typeof both) => costMicroUsd(price, given, mondayCalm)
        expect(Number.isSafeInteger(cost(both))).toBe(true)
        expect(cost(one) + cost(other)).toBeGreaterThanOrEqual(cost(both))
        expect(cost(one) + cost(other)).toBeLessThanOrEqual(cost(both) + 1)
      }),
    )
  })
})

describe('the price list', () => {
  it('gives every row a source and a date not in the future of the list', () => {
    for (const price of prices) expect(price.source.length, price.id).toBeGreaterThan(20)
    expect(prices.length).toBeGreaterThan(10)
  })

  it('is refused when two rows hold on the same day, or a row is incomplete', () => {
    const sonnet = prices.find(({ id }) => id === 'claude-sonnet-5-5')
    expect(() => parsePrices([sonnet, { ...sonnet, id: 'again' }])).toThrow(/both hold on the same day/)
    expect(() => parsePrices([sonnet, sonnet])).toThrow(/two price rows/)
    expect(() => parsePrices([{ ...sonnet, source: '' }])).toThrow()
    expect(() => parsePrices([{ ...sonnet, in: -1 }])).toThrow()
    expect(() => parsePrices([{ ...sonnet, effectiveTo: '2026-01-01' }])).toThrow()
  })
})
