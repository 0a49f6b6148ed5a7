import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectedMs, type Learned, learn } from './durations'

test('nothing known: the prior; much known: what was measured', () => {
  expect(expectedMs('code', null)).toBe(300_000)
  expect(expectedMs('juggling', null)).toBe(240_000)
  const once = learn('code', null, 30_000)
  expect(once).toEqual({ finished: 1, meanMs: 30_000 })
  expect(expectedMs('code', once)).toBe(232_500)
  expect(expectedMs('code', { finished: 500, meanMs: 30_000 })).toBeLessThan(50_000)
})

test('the mean stays between the shortest and the longest, and follows a lasting change', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 80 }), (times) => {
      const { meanMs, finished } = times.reduce<Learned | null>(
        (before, took) => learn('code', before, took),
        null,
      ) as Learned
      expect(finished).toBe(times.length)
      expect(meanMs).toBeGreaterThanOrEqual(Math.min(...times) - 1e-6)
      expect(meanMs).toBeLessThanOrEqual(Math.max(...times) + 1e-6)
    }),
  )
  let learned: Learned | null = { finished: 1_000, meanMs: 600_000 }
  for (let index = 0; index < 200; index += 1) learned = learn('code', learned, 1_000)
  expect(learned?.meanMs).toBeLessThan(15_000)
})

test('a task that waited a day for an answer does not make its capability look slow; a lasting slowness does', () => {
  const usual: Learned = { finished: 10, meanMs: 60_000 }
  expect(expectedMs('code', learn('code', usual, 86_400_000))).toBeLessThan(2 * expectedMs('code', usual))
  let learned: Learned | null = usual
  for (let index = 0; index < 100; index += 1) learned = learn('code', learned, 3_600_000)
  expect(expectedMs('code', learned)).toBeGreaterThan(2_400_000)
})
