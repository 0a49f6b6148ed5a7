import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { speakPlainly } from './input-words'

beforeAll(speakPlainly)
afterAll(() => void z.config({ customError: undefined }))

const refused = (schema: z.ZodType, input: unknown) => schema.safeParse(input).error?.issues[0]?.message

test('what is too long, too short, too much or empty is said in words for people', () => {
  expect(refused(z.string().max(80), 'x'.repeat(81))).toBe('Enter at most 80 characters')
  expect(refused(z.string().min(10), 'x')).toBe('Enter at least 10 characters')
  expect(refused(z.string().min(1), '')).toBe('This must not be empty')
  expect(refused(z.array(z.string()).max(1), ['a', 'b'])).toBe('Enter at most 1 entry')
  expect(refused(z.number().max(10_000), 10_001)).toBe('Enter at most 10,000')
  expect(refused(z.number().min(1), 0)).toBe('Enter at least 1')
})

test('so is what is missing, no number, or of the wrong form', () => {
  expect(refused(z.object({ name: z.string() }), {})).toBe('This is missing')
  expect(refused(z.number(), 'abc')).toBe('Enter a number')
  expect(refused(z.int(), 1.5)).toBe('Enter a whole number')
  expect(refused(z.email(), 'nobody')).toBe('Enter an e-mail address')
})

test("a schema's own sentence stays", () => {
  expect(refused(z.string().max(1, 'A letter.'), 'ab')).toBe('A letter.')
})
