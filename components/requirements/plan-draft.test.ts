import { expect, test } from 'vitest'
import type { EditableTask } from '#server/planner/queries'
import { changeInWords, changesOf, linesIn, orderOf, possible, refsIn, withChange } from './plan-draft'

const tasks = ['T1', 'T2', 'T3'].map((ref) => ({ ref, status: 'waiting' }) as EditableTask)

test('the same change of the same task takes the place of the one before; others are kept', () => {
  let draft = withChange([], { kind: 'edit', task: 'T1', title: 'a' })
  draft = withChange(draft, { kind: 'reorder', task: 'T1', position: 2 })
  draft = withChange(draft, { kind: 'reorder', task: 'T1', dependsOn: ['T2'] })
  draft = withChange(draft, { kind: 'edit', task: 'T1', title: 'b' })
  expect(draft.map(changeInWords)).toEqual(['Move T1 to place 3', 'T1 waits for T2', 'Edit T1'])
  expect(changesOf(draft, 'T1')).toHaveLength(3)
  expect(changesOf(draft, 'T2')).toEqual([])
})

test('the list stands in the order of the draft', () => {
  const moved = orderOf(tasks, [{ kind: 'reorder', task: 'T3', position: 0 }])
  expect(moved.map(({ ref }) => ref)).toEqual(['T3', 'T1', 'T2'])
})

test('refs and lines are read as people type them', () => {
  expect(refsIn(' t1, T2;t2 ')).toEqual(['T1', 'T2'])
  expect(linesIn(' a \n\n b')).toEqual(['a', 'b'])
})

test.each([
  ['waiting', ['edit', 'remove', 'skip', 'split', 'move']],
  ['running', ['retry', 'skip', 'move']],
  ['merging', ['move']],
  ['done', ['move']],
  ['failed', ['retry', 'move']],
])('%s', (status, expected) => {
  expect([...possible({ status } as EditableTask)]).toEqual(expected)
})
