import fc from 'fast-check'
import { expect, test } from 'vitest'
import { refuseDeepJson } from './json-depth'

const check = (text: string) => () => refuseDeepJson(new TextEncoder().encode(text))

test('64 levels pass, 65 do not, and a million are refused as fast', () => {
  expect(check('['.repeat(64) + ']'.repeat(64))).not.toThrow()
  expect(check('{"a":'.repeat(65))).toThrow('nests more than 64 levels')
  expect(check('['.repeat(1_000_000))).toThrow('nests more than 64 levels')
})

test('brackets inside strings do not count, whatever is escaped there', () => {
  expect(check(JSON.stringify({ a: '[{'.repeat(100), b: `\\"${'['.repeat(100)}` }))).not.toThrow()
})

test('any flat JSON passes', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 10 }), (text) => {
      check(text)()
    }),
  )
})
