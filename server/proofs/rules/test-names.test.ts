import { expect, test } from 'vitest'
import { testNames } from './test-names'

const tap = `TAP version 13
# Subtest: store
    # Subtest: [S1] adds a task
    ok 1 - [S1] adds a task
      ---
      duration_ms: 1.2
      ...
    not ok 2 - [S1] refuses an empty title
    ok 3 - [S2] lists tasks # TODO no rule compiles this
    ok 4 - [S2] deletes # SKIP
    ok 5 - [S10] sorts
ok 1 - store
ok 2 - [S3] handles a # in the name
`

test.each([
  { ref: 'S1', names: ['[S1] adds a task'] },
  { ref: 'S2', names: [] },
  { ref: 'S10', names: ['[S10] sorts'] },
  { ref: 'S3', names: ['[S3] handles a # in the name'] },
  { ref: 'S4', names: [] },
])('$ref: $names', ({ ref, names }) => {
  expect(testNames(tap, ref)).toEqual(names)
})
