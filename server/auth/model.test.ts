import { expect, test } from 'vitest'
import { emailSchema } from './model'

const host = (length: number) => `${'h'.repeat(50)}.${'i'.repeat(length - 54)}.de`

test.each([
  ['a@b.co', true],
  [' Ana@Example.ORG ', true],
  [`${'a'.repeat(64)}@b.co`, true],
  [`${'a'.repeat(65)}@b.co`, false],
  [`${'a'.repeat(300)}@b.co`, false],
  [`${'a'.repeat(64)}@${host(100)}`, true],
  [`${'a'.repeat(64)}@${'h'.repeat(60)}.${'i'.repeat(60)}.${'j'.repeat(60)}.${'k'.repeat(60)}.de`, false],
  ['a@b', false],
  ['', false],
  ['a b@c.de', false],
])('%s can be written to: %s', (address, can) => {
  expect(emailSchema.safeParse(address).success).toBe(can)
})

test('an address is kept in small letters, without what stands around it', () => {
  expect(emailSchema.parse(' Ana@Example.ORG ')).toBe('ana@example.org')
})
