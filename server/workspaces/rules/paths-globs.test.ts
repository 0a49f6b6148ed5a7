import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesGlobs, outside, overlaps } from './paths'

describe('matchesGlobs', () => {
  it.each([
    ['src/a.ts', 'src/*.ts', true],
    ['src/deep/a.ts', 'src/*.ts', false],
    ['src/deep/a.ts', 'src/**/*.ts', true],
    ['src/a.ts', 'src/**/*.ts', true],
    ['src', 'src/**', true],
    ['src/a/b', 'src/**', true],
    ['srcs/a', 'src/**', false],
    ['src/api/x.ts', 'src/api', true],
    ['src/api', 'src/api/', true],
    ['src/apis', 'src/api', false],
    ['a1', 'a?', true],
    ['a/1', 'a?1', false],
    ['app/[id]/page.tsx', 'app/[id]/*.tsx', true],
    ['any/thing', '**', true],
    ['any/thing', '.', true],
    ['any', '', false],
    ['x/tests/y/z.test.ts', '**/tests/**', true],
    ['./src/a'.slice(2), './src/a', true],
  ])('%s in %s: %s', (path, glob, expected) => expect(matchesGlobs(path, [glob])).toBe(expected))

  it('works through hostile patterns in no time', () => {
    expect(matchesGlobs(`${'a'.repeat(500)}b`, [`${'*a'.repeat(200)}c`])).toBe(false)
    expect(matchesGlobs('a/'.repeat(200), [`${'**/a/'.repeat(100)}b`])).toBe(false)
  })
})

describe('overlaps', () => {
  it.each([
    ['src/**', 'src/api/*.ts', true],
    ['src/api/**', 'src/web/**', false],
    ['src/*.ts', 'src/*.css', false],
    ['src/*.ts', '**/index.*', true],
    ['src', 'src/a.ts', true],
    ['a*', '*b', true],
    ['tests/**', 'implementation/**', false],
    ['**', 'anything', true],
  ])('%s and %s: %s', (one, other, expected) => {
    expect(overlaps(one, other)).toBe(expected)
    expect(overlaps(other, one)).toBe(expected)
  })

  const name = fc
    .string({ unit: fc.constantFrom('a', 'b', '.', 'é'), minLength: 1, maxLength: 4 })
    .filter((text) => !/^\.+$/.test(text))
  const path = fc.array(name, { minLength: 1, maxLength: 4 })
  const blurredName = (text: string) =>
    fc
      .array(fc.constantFrom('same', '?', '*', 'drop*'), { minLength: text.length, maxLength: text.length })
      .map((choices) =>
        Array.from(text)
          .map((character, index) => (choices[index] === 'same' ? character : choices[index] === '?' ? '?' : '*'))
          .join(''),
      )
  /** Patterns made from a path by hiding parts of it, so that most of them match it. */
  const globFor = (steps: string[]) =>
    fc
      .tuple(
        ...steps.map((step) =>
          fc.oneof(fc.constant(step), blurredName(step), fc.constant('**'), fc.constant(`**/${step}`)),
        ),
      )
      .map((parts) => parts.join('/'))
  const anyGlob = fc
    .array(fc.oneof(name, fc.constantFrom('*', '**', '?', '*a', 'a*')), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'))

  it('is true whenever some path matches both', () => {
    let matched = 0
    fc.assert(
      fc.property(
        path.chain((steps) =>
          fc.tuple(fc.constant(steps.join('/')), fc.oneof(globFor(steps), anyGlob), fc.oneof(globFor(steps), anyGlob)),
        ),
        ([given, one, other]) => {
          if (!matchesGlobs(given, [one]) || !matchesGlobs(given, [other])) return
          matched++
          expect(overlaps(one, other)).toBe(true)
        },
      ),
      { numRuns: 3_000 },
    )
    expect(matched).toBeGreaterThan(500)
  })

  it('does not depend on the order', () => {
    fc.assert(fc.property(anyGlob, anyGlob, (one, other) => overlaps(one, other) === overlaps(other, one)))
  })

  it('says yes to patterns too long to judge', () => {
    expect(overlaps('a'.repeat(2_000), 'b')).toBe(true)
  })
})

it('names the files nobody owns', () => {
  expect(outside(['src/**', 'README.md'], ['src/a.ts', 'README.md', 'package.json'])).toEqual(['package.json'])
})
