import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { costMicroUsd, type Rates } from '#server/agents/rules/pricing'
import { optionsSchema } from '#server/decisions/model'
import { budgetLevels, dimensions } from '../model'
import { LONGEST_HOLD_MS, verdictAtWall } from './room'
import { raisedLimit, type WallFacts, wallQuestion } from './wall'
import { worstCost, worstInputTokens } from './worst-case'

const facts: WallFacts = {
  level: 'project',
  owner: 'the project Shop',
  reason: 'money',
  limit: 5_000_000,
  spent: 4_000_000,
  reserved: 500_000,
  needed: 700_000,
  model: 'm',
  agentName: 'Implementer',
  cheaper: null,
  attempt: { microUsd: null, ms: null },
}

describe('the question at the wall', () => {
  it('has options that can be stored, each once, and recommends one of them', () => {
    for (const level of budgetLevels) {
      for (const reason of [...dimensions, 'unpriced'] as const) {
        for (const cheaper of [null, { name: 'Reasoner', share: 0.2 }]) {
          const { options, recommended } = wallQuestion({ ...facts, level, reason, cheaper })
          expect(optionsSchema.safeParse(options).success).toBe(true)
          const ids = options.map((option) => option.id)
          expect(new Set(ids).size).toBe(ids.length)
          expect(ids).toContain(recommended)
          expect(ids.includes('cheaper')).toBe(cheaper !== null)
        }
      }
    }
  })

  it.each([
    [{ microUsd: 500_000, ms: 60_000 }, 100_000, 60_000],
    [{ microUsd: null, ms: 60_000 }, undefined, 60_000],
    [{ microUsd: null, ms: null }, undefined, undefined],
  ])('a cheaper agent takes its share of an attempt: %o', (attempt, cost, time) => {
    const { options } = wallQuestion({ ...facts, cheaper: { name: 'Reasoner', share: 0.2 }, attempt })
    const option = options.find(({ id }) => id === 'cheaper')
    expect([option?.costMicroUsd, option?.timeMs]).toEqual([cost, time])
  })

  it('raises to a limit that holds the refused call, whatever was used', () => {
    const amount = fc.nat(1e12)
    fc.assert(
      fc.property(
        fc.constantFrom(...dimensions),
        amount,
        amount,
        amount,
        amount,
        (dimension, limit, spent, reserved, needed) => {
          const raised = raisedLimit(dimension, { ...facts, limit, spent, reserved, needed })
          expect(raised).toBeGreaterThan(limit)
          expect(raised).toBeGreaterThanOrEqual(spent + reserved + needed)
        },
      ),
    )
  })
})

describe('whether people are asked', () => {
  it.each([
    ['there is room again', { limit: 10, spent: 1, reserved: 2 }, 5, 0, 'wait'],
    ['others will give back enough', { limit: 10, spent: 1, reserved: 8 }, 5, 0, 'wait'],
    ['they took too long', { limit: 10, spent: 1, reserved: 8 }, 5, LONGEST_HOLD_MS, 'ask'],
    ['it would not fit alone', { limit: 10, spent: 6, reserved: 3 }, 5, 0, 'ask'],
    ['nothing is reserved', { limit: 10, spent: 6, reserved: 0 }, 5, 0, 'ask'],
  ] as const)('%s', (_name, count, needed, heldMs, verdict) => {
    expect(verdictAtWall(count, needed, heldMs)).toBe(verdict)
  })
})

describe('the worst case', () => {
  it('is never less than what any split of its tokens costs, at any hour', () => {
    const rate = fc.double({ min: 0, max: 100, noNaN: true })
    const rates: fc.Arbitrary<Rates> = fc.record({
      in: rate,
      out: rate,
      cacheRead: rate,
      cacheWrite: fc.option(fc.record({ '5m': rate })),
      conditions: fc.array(
        fc.record(
          {
            promptTokensOver: fc.integer({ min: 1, max: 100_000 }),
            weekdayHoursUtc: fc.constant([[0, 12] as [number, number]]),
            multiply: fc.record({
              input: fc.double({ min: 0.1, max: 4, noNaN: true }),
              output: fc.double({ min: 0.1, max: 4, noNaN: true }),
            }),
          },
          { requiredKeys: ['multiply'] },
        ),
        { maxLength: 3 },
      ),
    })
    const tokens = fc.nat(60_000)
    const hour = fc.integer({ min: 0, max: 167 })
    fc.assert(
      fc.property(rates, tokens, tokens, tokens, tokens, hour, (price, input, cacheRead, cacheWrite, output, hours) => {
        const at = new Date(Date.UTC(2026, 10, 23, hours))
        const worst = worstCost(price, input + cacheRead + cacheWrite, output)
        expect(worst).toBeGreaterThanOrEqual(costMicroUsd(price, { input, cacheRead, cacheWrite, output }, at))
      }),
    )
  })

  it('counts only what is new in bytes when the provider has counted the rest', () => {
    const call = { promptBytes: 40_000, maxOutputTokens: 1_000 }
    expect(worstInputTokens({ ...call, previous: null })).toBe(40_512)
    expect(worstInputTokens({ ...call, previous: { promptBytes: 38_000, inputTokens: 9_000 } })).toBe(11_512)
    expect(worstInputTokens({ ...call, previous: { promptBytes: 41_000, inputTokens: 9_000 } })).toBe(40_512)
  })
})
