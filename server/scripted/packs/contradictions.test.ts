import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openTrial } from '#server/scripted/packs/trial'

const sentences = [
  'The name is required.',
  'The name is unique.',
  'The name is between 3 and 10 characters long.',
  'The name is at most 2 characters long.',
  'The name is a, bb or ccc.',
  'The name is abc by default.',
  'The status is active or sold.',
  'The status is draft by default.',
  'The status is required.',
  'The status is unique.',
  'The status is at most 3 characters long.',
  'The status is a date in the form YYYY-MM-DD.',
  'A new product has the price 5.',
  'The price is unique.',
  'Anyone can filter products by name, price and status.',
  'Anyone can sort products by name, price and status.',
  'Anyone can count products by status.',
  'Only leads can add a product.',
  'Only admins can change a product.',
  'Anyone can add a product.',
  'Anyone can change a product.',
  'Anyone can mark a product as sold.',
  'Reading, changing or deleting an unknown product answers 404.',
  'Every error answer has a message that says what is wrong.',
  'Whether a deleted product is removed for good or archived is still open.',
]

describe('sentences that contradict each other', () => {
  // drawn with a fixed seed, so that the same few sets are built every time
  const sets = fc.sample(fc.shuffledSubarray(sentences, { minLength: 8, maxLength: 18 }), { numRuns: 5, seed: 7 })
  test.each(sets.map((set, at) => [at, set] as const))(
    'set %i is built, and what is claimed of it passes',
    { timeout: 60_000 },
    async (_at, set) => {
      const trial = openTrial(`# Shop\n- A product has a name, a price and a status.\n- ${set.join('\n- ')}`)
      try {
        const results = await trial.quickResults('tests/api.test.js')
        expect(results.code, results.output).toBe(0)
        expect(results.passed.sort()).toEqual(trial.build.covered.map((one) => one.ref).sort())
        expect((await trial.quickResults('tests/validation.test.js')).code).toBe(0)
      } finally {
        trial.remove()
      }
    },
  )
})
