import { expect, test } from 'vitest'
import type { LogLine } from '#server/runs/queries'
import { logLines } from './run-log'

const piece = (sequence: number, kind: string, text: string): LogLine => ({ sequence, kind, text, at: new Date(0) })
const shown = (pieces: LogLine[], scripted = false) =>
  logLines(pieces, scripted).map((line) => `${line.tag ? `${line.tag}: ` : ''}${line.text}`)

test('pieces of a stream join at the line', () => {
  expect(shown([piece(1, 'text', 'Hel'), piece(2, 'text', 'lo\nWor'), piece(3, 'text', 'ld')])).toEqual([
    'Hello',
    'World',
  ])
})

test('a line feed at the end of a piece ends the line and adds none', () => {
  const pieces = [piece(1, 'output', 'ok 1\n'), piece(2, 'output', 'ok 2'), piece(3, 'output', '\n\nok 3')]
  expect(shown(pieces)).toEqual(['output: ok 1', 'output: ok 2', 'output: ', 'output: ok 3'])
})

test('another kind starts a new line', () => {
  expect(shown([piece(1, 'text', 'I look'), piece(2, 'tool', 'read_file a.js'), piece(3, 'text', 'Now')])).toEqual([
    'I look',
    'tool: read_file a.js',
    'Now',
  ])
})

test('whole lines never join', () => {
  expect(shown([piece(1, 'notice', 'one'), piece(2, 'notice', 'two')])).toEqual(['notice: one', 'notice: two'])
})

test('a scripted run says so on every line', () => {
  expect(shown([piece(1, 'text', 'a\nb'), piece(2, 'output', 'ok 1')], true)).toEqual([
    'scripted: a',
    'scripted: b',
    'scripted output: ok 1',
  ])
})

test('hidden characters are spelled out, colours stay', () => {
  expect(shown([piece(1, 'output', '\u001b[31mred\u001b[0m \u202eevil')])).toEqual([
    'output: \u001b[31mred\u001b[0m ⟨U+202E⟩evil',
  ])
})
