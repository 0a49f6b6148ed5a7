import { describe, expect, test } from 'vitest'
import { costInWords, type PricedTurn, totalCost } from './cost'

const turn = (change: Partial<PricedTurn> = {}): PricedTurn => ({
  costMicroUsd: 100_000,
  inputTokens: 10,
  cacheReadTokens: 5,
  cacheWriteTokens: 2,
  outputTokens: 3,
  scripted: false,
  ...change,
})
const scripted = turn({ scripted: true, costMicroUsd: null })
const unpriced = turn({ costMicroUsd: null })

describe('costInWords', () => {
  test.each([
    { name: 'no call', turns: [], words: 'nothing yet' },
    { name: 'scripted only', turns: [scripted, scripted], words: 'n/a (scripted)' },
    { name: 'unpriced only', turns: [unpriced], words: 'n/a (unpriced)' },
    { name: 'unpriced and scripted', turns: [unpriced, scripted], words: 'n/a (unpriced)' },
    { name: 'priced', turns: [turn(), turn()], words: '$0.20' },
    { name: 'partly priced', turns: [turn(), unpriced], words: 'at least $0.10 (1 call unpriced)' },
    { name: 'a few unpriced', turns: [turn(), unpriced, unpriced], words: 'at least $0.10 (2 calls unpriced)' },
    { name: 'small', turns: [turn({ costMicroUsd: 1234 })], words: '$0.0012' },
    { name: 'tiny', turns: [turn({ costMicroUsd: 3 })], words: '< $0.0001' },
    { name: 'free', turns: [turn({ costMicroUsd: 0 })], words: '$0.00' },
  ])('$name: $words', ({ turns, words }) => {
    expect(costInWords(totalCost(turns))).toBe(words)
  })
})

test('tokens of every call count, priced or not', () => {
  expect(totalCost([turn(), scripted, unpriced])).toMatchObject({
    turns: 3,
    inputTokens: 30,
    cacheReadTokens: 15,
    cacheWriteTokens: 6,
    outputTokens: 9,
    microUsd: 100_000,
    scriptedTurns: 1,
    unpricedTurns: 1,
  })
})
