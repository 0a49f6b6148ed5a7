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

const whole = (text: string) => refuseDeepJson(new TextEncoder().encode(text))
/** With long strings, quotes and runs of backslashes at their ends. */
const json = fc
  .jsonValue({ maxDepth: 10, stringUnit: fc.constantFrom('a', '"', '\\', '[', '}', 'long '.repeat(9), 'ü') })
  .map((value) => JSON.stringify(value))

test('any flat JSON passes, and is whole', () => {
  fc.assert(
    fc.property(json, (text) => {
      expect(whole(text)).toBe(true)
    }),
  )
})

test('what was cut off inside an object or a list is not whole', () => {
  fc.assert(
    fc.property(json, fc.nat(), (text, at) => {
      const list = `[${text}]`
      expect(whole(list.slice(0, 1 + (at % (list.length - 1))))).toBe(false)
    }),
  )
})
