import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FileHolder } from './facts'
import { commonFile, conflictOf } from './ownership'

const holder = (files: string[], changes: Partial<FileHolder> = {}): FileHolder => ({
  taskId: 'held',
  ref: 'T2',
  requirementId: 'other',
  requirementNumber: 3,
  files,
  ...changes,
})

test('the reason names the task, its requirement and the file', () => {
  const task = { id: 'mine', files: ['src/store.js'], requirementId: 'r' }
  expect(conflictOf(task, [holder(['src/**'])])?.reason).toBe('Waits for T2 of R3: both own src/store.js.')
  expect(conflictOf({ ...task, requirementId: 'other' }, [holder(['src/store.js'])])?.reason).toBe(
    'Waits for T2: both own src/store.js.',
  )
  expect(conflictOf(task, [holder(['docs/**'])])).toBeNull()
  expect(conflictOf({ ...task, id: 'held' }, [holder(['src/**'])])).toBeNull()
})

test('sharing a file is mutual', () => {
  const globs = fc.array(fc.constantFrom('a', 'a/**', 'a/b.js', '*.js', 'c/*', 'c/d'), { maxLength: 3 })
  fc.assert(
    fc.property(globs, globs, (left, right) => {
      expect(commonFile(left, right) === null).toBe(commonFile(right, left) === null)
    }),
  )
})
