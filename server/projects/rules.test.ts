import fc from 'fast-check'
import { expect, test } from 'vitest'
import { freeSlug, slugOf } from './rules'

test.each([
  ['Text & tools 2', 'text-tools-2'],
  ['  Élan  ', 'elan'],
  ['проект', 'project'],
  ['--', 'project'],
])('%s becomes %s', (name, slug) => expect(slugOf(name)).toBe(slug))

test('every name gives a short name that an address can hold', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (name) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(slugOf(name))))
})

test('a free slug is never one that is taken', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom('a', 'a-2', 'a-3', 'a-5')), (taken) => {
      const set = new Set<string>(taken)
      return !set.has(freeSlug('a', set))
    }),
  )
})
