import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDiff } from './parse-diff'

const sample = `diff --git a/src/store.js b/src/store.js
index 1111111..2222222 100644
--- a/src/store.js
+++ b/src/store.js
@@ -1,3 +1,4 @@ export class Store
 const a = 1
--- b
+++ c
+const d = 4
 end
diff --git a/new file.txt b/new file.txt
new file mode 100644
index 0000000..3333333
--- /dev/null
+++ b/new file.txt
@@ -0,0 +1 @@
+hello
\\ No newline at end of file
diff --git a/old.js b/moved.js
similarity index 100%
rename from old.js
rename to moved.js
diff --git a/logo.png b/logo.png
deleted file mode 100644
Binary files a/logo.png and /dev/null differ
`

test('reads files, kinds of change and line numbers', () => {
  const files = parseDiff(sample)
  expect(
    files.map(({ path, oldPath, change, binary, added, removed }) => ({
      path,
      oldPath,
      change,
      binary,
      added,
      removed,
    })),
  ).toEqual([
    { path: 'src/store.js', oldPath: null, change: 'changed', binary: false, added: 2, removed: 1 },
    { path: 'new file.txt', oldPath: null, change: 'added', binary: false, added: 1, removed: 0 },
    { path: 'moved.js', oldPath: 'old.js', change: 'renamed', binary: false, added: 0, removed: 0 },
    { path: 'logo.png', oldPath: null, change: 'deleted', binary: true, added: 0, removed: 0 },
  ])
  expect(files[0]?.hunks[0]?.lines).toEqual([
    { kind: 'context', oldNumber: 1, newNumber: 1, text: 'const a = 1' },
    { kind: 'removed', oldNumber: 2, newNumber: null, text: '-- b' },
    { kind: 'added', oldNumber: null, newNumber: 2, text: '++ c' },
    { kind: 'added', oldNumber: null, newNumber: 3, text: 'const d = 4' },
    { kind: 'context', oldNumber: 3, newNumber: 4, text: 'end' },
  ])
})

test('a diff cut anywhere is read as far as it goes', () => {
  fc.assert(
    fc.property(fc.nat(sample.length), (length) => {
      const files = parseDiff(sample.slice(0, length))
      expect(files.length).toBeLessThanOrEqual(4)
    }),
  )
})

test('hostile text never throws', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseDiff(`diff --git ${text}\n@@ ${text}\n${text}`)))
  expect(parseDiff('')).toEqual([])
  expect(parseDiff('not a diff')).toEqual([])
})
