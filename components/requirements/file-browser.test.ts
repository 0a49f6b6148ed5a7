import { expect, test } from 'vitest'
import { byFolder } from './file-browser'

test('files stand under their folder, the root first', () => {
  const files = ['tests/a.test.js', 'README.md', 'implementation/src/a.js', 'tests/b.test.js'].map((path) => ({
    path,
    bytes: 1,
  }))
  expect(byFolder(files).map(([folder, entries]) => [folder, entries.map((entry) => entry.path)])).toEqual([
    ['', ['README.md']],
    ['implementation/src', ['implementation/src/a.js']],
    ['tests', ['tests/a.test.js', 'tests/b.test.js']],
  ])
})
