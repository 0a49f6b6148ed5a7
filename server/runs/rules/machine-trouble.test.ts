import { expect, test } from 'vitest'
import { isMachineTrouble } from './machine-trouble'

test.each([
  ["ENOSPC: no space left on device, write '/x'", true],
  ["fatal: fsync error on '.git/objects/pack/tmp_pack_x': Input/output error", true],
  ['EIO: i/o error, fsync', true],
  ['error: file write error: No space left on device', true],
  ['git read-tree failed: fatal: unable to write new index file', true],
  ['git apply failed: error: patch does not apply', false],
  ['ENOENT: no such file or directory', false],
  ['The file src/radio.ts is larger than 1 MB.', false],
  ['VEIO: not a code', false],
])('%s', (message, expected) => {
  expect(isMachineTrouble(message)).toBe(expected)
})
