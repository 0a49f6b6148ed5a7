import { describe, expect, test } from 'vitest'
import type { LogLine, ToolCallView, TurnView } from '#server/runs/queries'
import { callTitle, exitCodeOf, inputOf, transcriptBlocks } from './transcript-blocks'

const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, second))
const line = (sequence: number, kind: string, text: string, second: number): LogLine => ({
  sequence,
  kind,
  text,
  at: at(second),
})
const call = (change: Partial<ToolCallView> = {}): ToolCallView => ({
  id: 'c1',
  name: 'run_command',
  input: { value: { command: 'node --test' } },
  state: 'done',
  output: 'exit code 0',
  isError: false,
  decisionId: null,
  startedAt: at(11),
  endedAt: at(12),
  ...change,
})
const turn = (change: Partial<TurnView> = {}): TurnView => ({
  id: 't1',
  number: 1,
  model: 'scripted-implementer',
  stop: 'tool_use',
  text: 'I will run the tests.',
  tries: 1,
  estimated: false,
  inputTokens: 1,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 1,
  cost: 'n/a (scripted)',
  startedAt: at(5),
  endedAt: at(10),
  toolCalls: [],
  ...change,
})
const kinds = (blocks: ReturnType<typeof transcriptBlocks>) => blocks.map((block) => block.kind)

describe('transcriptBlocks', () => {
  test('thinking and notices come from the log, text and calls from the journal', () => {
    const lines = [
      line(1, 'notice', 'rate limited, trying again', 4),
      line(2, 'thinking', 'First ', 6),
      line(3, 'thinking', 'the tests.', 7),
      line(4, 'text', 'I will run', 8),
      line(5, 'text', ' the tests.', 11), // flushed after the turn was stored
      line(6, 'tool', 'run_command node --test', 11),
    ]
    const blocks = transcriptBlocks([turn({ toolCalls: [call()] })], lines, true)
    expect(kinds(blocks)).toEqual(['notice', 'thinking', 'turn', 'text', 'call'])
    expect(blocks[1]).toMatchObject({ text: 'First the tests.', live: false })
  })

  test('what streams now is the live tail', () => {
    const lines = [line(1, 'thinking', 'Hm', 1), line(2, 'text', 'Now ', 2), line(3, 'text', 'this', 3)]
    expect(transcriptBlocks([], lines, true)).toEqual([
      { kind: 'thinking', id: 'log-1', text: 'Hm', live: true },
      { kind: 'text', id: 'log-2', text: 'Now this', live: true },
    ])
  })

  test('a running command shows its output so far', () => {
    const running = call({ state: 'running', output: null, endedAt: null })
    const blocks = transcriptBlocks([turn({ toolCalls: [running] })], [line(1, 'output', 'ok 1', 12)], true)
    expect(blocks.at(-1)).toMatchObject({ kind: 'call', liveOutput: 'ok 1' })
  })

  test('after the end, errors stay and half-sent text goes', () => {
    const lines = [line(1, 'text', 'half a sen', 20), line(2, 'error', 'The stream was cut.', 21)]
    expect(kinds(transcriptBlocks([turn()], lines, false))).toEqual(['turn', 'text', 'error'])
  })
})

test.each([
  [{ name: 'run_command', input: { value: { command: 'ls' } } }, 'ran', 'ls'],
  [{ name: 'write_file', input: { value: { path: 'a.js' } } }, 'wrote', 'a.js'],
  [{ name: 'drop_database', input: { value: null } }, 'called', 'drop_database'],
  [{ name: 'run_command', input: { malformed: '{"comm', value: null } }, 'ran', ''],
  [{ name: 'read_file', input: null }, 'read', ''],
])('callTitle %j', (given, verb, object) => {
  expect(callTitle(given)).toEqual({ verb, object })
})

test('malformed arguments are shown as they came', () => {
  expect(inputOf({ malformed: '{"a', value: null })).toEqual({ 'not valid JSON': '{"a' })
})

test.each([
  ['exit code 0\nok', 0],
  ['Exit code: 1', 1],
  ['exited with 137', 137],
  ['all fine', null],
  [null, null],
])('exitCodeOf %j is %j', (output, code) => {
  expect(exitCodeOf(output)).toBe(code)
})
