import { describe, expect, it } from 'vitest'
import { readRequirementFile, textProblem } from './requirement-text'

const LIMIT = 1_000_000
const file = (name: string, bytes: Uint8Array) => ({
  name,
  size: bytes.byteLength,
  arrayBuffer: async () => bytes.buffer as ArrayBuffer,
})
const encode = (text: string) => new TextEncoder().encode(text)

describe('textProblem', () => {
  it.each([
    ['', 'The text is empty.'],
    [' \n\t', 'The text is empty.'],
    ['é'.repeat(LIMIT), 'The text is too long: 2 MB, and at most 1 MB fit.'],
  ])('%#', (text, expected) => expect(textProblem(text, LIMIT)).toContain(expected))
  it('lets the limit itself through', () => expect(textProblem('a'.repeat(LIMIT), LIMIT)).toBeNull())
})

describe('readRequirementFile', () => {
  it.each([
    ['a 2 MB file', file('big.md', new Uint8Array(2 * LIMIT)), 'big.md is too large: 2 MB'],
    ['binary data', file('image.txt', new Uint8Array([137, 80, 78, 71, 0])), 'not text in UTF-8'],
    ['zero bytes', file('zero.md', encode('a\0b')), 'holds binary data'],
    ['an empty file', file('empty.md', encode('\n')), 'empty.md is empty'],
    ['another kind of file', file('plan.docx', encode('x')), 'not a text file'],
  ])('refuses %s', async (_what, given, problem) => {
    expect(await readRequirementFile(given, LIMIT)).toEqual({ problem: expect.stringContaining(problem) })
  })
  it('reads any script', async () => {
    expect(await readRequirementFile(file('plan.MD', encode('# 任务 ✅')), LIMIT)).toEqual({ text: '# 任务 ✅' })
  })
})
