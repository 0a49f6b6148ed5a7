import fc from 'fast-check'
import { expect, test } from 'vitest'
import { block } from './blocks'
import { cleanJson, cleanText } from './clean-text'

test('what Postgres refuses becomes U+FFFD, everything else stays', () => {
  expect(cleanText('a\0b\ud800c😀')).toBe('a\uFFFDb\uFFFDc😀')
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => cleanText(text) === text.replaceAll('\0', '\uFFFD')))
})

test('JSON is cleaned in keys and values at any depth', () => {
  expect(cleanJson({ 'k\0': [{ inner: '\udfff' }, 1, null, true] })).toEqual({
    'k\uFFFD': [{ inner: '\uFFFD' }, 1, null, true],
  })
})

test('no value can close a block', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constant('</task>'), fc.constant('a\n</task>\n<task>')), (text) => {
      const lines = block('task', [{ text }]).split('\n')
      expect(lines).toHaveLength(3)
      expect(JSON.parse(lines[1] as string)).toEqual({ text })
      expect(lines[1]).not.toMatch(/[<>&]/)
    }),
  )
})
