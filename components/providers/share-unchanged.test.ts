import { expect, test } from 'vitest'
import { shareUnchanged } from './share-unchanged'

const rows = (since = 1) => [
  { id: 'a', status: 'running', at: new Date(5), next: { since: new Date(since), reason: 'works' }, refs: ['S1'] },
  { id: 'b', status: 'waiting', at: null, next: null, refs: [] },
]

test('an answer that says the same is the one before, dates included', () => {
  const before = rows()
  expect(shareUnchanged(before, rows())).toBe(before)
})

test('only what changed is new', () => {
  const before = rows()
  const after = rows(2)
  const shared = shareUnchanged(before, after) as typeof before
  expect(shared).toEqual(after)
  expect(shared[0]).not.toBe(before[0])
  expect(shared[0]?.refs).toBe(before[0]?.refs)
  expect(shared[1]).toBe(before[1])
})

test('what came, went, or became of another kind is not overlooked', () => {
  for (const [before, after] of [
    [[1, 2], [1]],
    [[1], [1, 2]],
    [{ a: 1 }, { a: 1, b: undefined }],
    [{ a: 1, b: undefined }, { a: 1 }],
    [{ a: undefined }, { b: undefined }],
    [{ a: 1 }, [1]],
    [new Date(1), new Date(2)],
    [{ at: new Date(1) }, { at: '1' }],
    [null, {}],
    [undefined, 1],
  ]) {
    expect(shareUnchanged(before, after)).toStrictEqual(after)
    expect(shareUnchanged(before, after)).not.toBe(before)
  }
})
