import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countTags, provenBy } from './test-report'

const tap = `TAP version 13
# Subtest: store
    # Subtest: [S1] keeps a task
    ok 1 - [S1] keeps a task
    # Subtest: [S2] refuses an empty title
    not ok 2 - [S2] refuses an empty title
    # Subtest: [S3] sorts
    ok 3 - [S3] sorts # TODO
    ok 4 - [S4] counts # SKIP
not ok 1 - store
ok 2 - [S5] and [S6] together
ok 3 - [S5] once more
`

test('TAP at any depth: passed, failed, todo and skipped by statement', () => {
  expect(Object.fromEntries(countTags(tap))).toEqual({
    S1: { passed: 1, failed: 0, open: 0 },
    S2: { passed: 0, failed: 1, open: 0 },
    S3: { passed: 0, failed: 0, open: 1 },
    S4: { passed: 0, failed: 0, open: 1 },
    S5: { passed: 2, failed: 0, open: 0 },
    S6: { passed: 1, failed: 0, open: 0 },
  })
})

test('the spec reporter says the same', () => {
  const spec =
    '▶ store\n  ✔ [S1] keeps (1.2ms)\n  ✖ [S2] refuses (3ms)\n  ⚠ [S3] sorts # TODO\n  ﹣ [S4] counts (0.1ms) # SKIP\n'
  expect([...countTags(spec)].map(([ref, count]) => [ref, count.passed, count.failed, count.open])).toEqual([
    ['S1', 1, 0, 0],
    ['S2', 0, 1, 0],
    ['S3', 0, 0, 1],
    ['S4', 0, 0, 1],
  ])
})

test('tags decide; claims count only where there are no tags; a failed command proves nothing', () => {
  expect(provenBy({ exitCode: 0, output: tap, claims: ['S9'] })).toEqual({
    proves: ['S1', 'S5', 'S6'],
    todo: ['S3', 'S4'],
  })
  expect(provenBy({ exitCode: 0, output: 'built\n', claims: ['S9'] })).toEqual({ proves: ['S9'], todo: [] })
  expect(provenBy({ exitCode: 1, output: tap, claims: ['S9'] })).toEqual({ proves: [], todo: ['S3', 'S4'] })
  expect(provenBy({ exitCode: null, output: '', claims: ['S9'] })).toEqual({ proves: [], todo: [] })
})

test('never proves a statement with a failing or open test, whatever the order of lines', () => {
  const line = fc.record({ ref: fc.integer({ min: 1, max: 4 }), state: fc.constantFrom('ok', 'not ok', 'todo') })
  fc.assert(
    fc.property(fc.array(line), (points) => {
      const output = points
        .map(({ ref, state }) => (state === 'todo' ? `ok 1 - [S${ref}] x # TODO` : `${state} 1 - [S${ref}] x`))
        .join('\n')
      const { proves } = provenBy({ exitCode: 0, output, claims: [] })
      for (const ref of proves) {
        const mine = points.filter((point) => `S${point.ref}` === ref)
        expect(mine.length).toBeGreaterThan(0)
        expect(mine.every((point) => point.state === 'ok')).toBe(true)
      }
    }),
  )
})
