import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterLoopCall, ENDS_AFTER, type LoopCall, noLoop, withLoopNotice, withoutLoopNotice } from './loop'

type Made = [name: string, input: string, output: string, more?: Partial<LoopCall>]
const changing = new Set(['write_file', 'patch_file', 'run_command'])

/** One call a turn, as most loops are. */
function verdicts(calls: Made[], turnOf: (index: number) => number = (index) => index): string[] {
  let state = noLoop
  return calls.map(([name, input, output, more], index) => {
    const call = { turn: turnOf(index), name, input, output, isError: false, changes: changing.has(name), ...more }
    const next = afterLoopCall(state, call)
    state = next.state
    return next.verdict.kind
  })
}
const times = (count: number, ...calls: Made[]): Made[] => Array.from({ length: count }, () => calls).flat()
const read: Made = ['read_file', 'a', 'text']
const other: Made = ['read_file', 'b', 'text']
const test: Made = ['run_command', 'npm test', 'exit code 1\nfailed in 1.2 s']

describe('the loop breaker', () => {
  it.each<[string, Made[], string]>([
    ['the same read', times(4, read), 'go-on go-on tell end'],
    ['A-B-A-B', times(4, read, other), 'go-on go-on go-on go-on tell tell end end'],
    ['polling that gives the same', times(4, ['list_files', '.', 'x']), 'go-on go-on tell end'],
    [
      'the same command, whatever its duration',
      [test, ...times(3, ['run_command', 'npm test', 'exit code 1\nfailed in 3.4 s'] as Made)],
      'go-on go-on tell end',
    ],
    [
      'polling that shows something new each time',
      Array.from({ length: 6 }, (_, index): Made => ['read_file', 'log', `line ${index}`]),
      'go-on go-on go-on go-on go-on go-on',
    ],
    [
      'an error with the same arguments, whatever its words',
      Array.from({ length: 4 }, (_, index): Made => ['read_file', 'gone', `no such file ${index}`, { isError: true }]),
      'go-on go-on tell end',
    ],
    [
      'a failing write is no progress',
      times(4, ['patch_file', 'p', 'not found', { isError: true }]),
      'go-on go-on tell end',
    ],
    [
      'editing between is progress',
      Array.from({ length: 5 }, (_, index): Made[] => [['write_file', `content ${index}`, 'Wrote'], test]).flat(),
      Array.from({ length: 10 }, () => 'go-on').join(' '),
    ],
    [
      'writing the same two contents in turns is none',
      times(4, ['write_file', 'one', 'Wrote'], ['write_file', 'two', 'Wrote']),
      'go-on go-on go-on go-on go-on tell tell end',
    ],
  ])('%s', (_name, calls, expected) => {
    expect(verdicts(calls).join(' ')).toBe(expected)
  })

  it('tells a turn full of equal calls first, and ends it when it comes again', () => {
    const batch = times(6, read)
    expect(new Set(verdicts(batch, () => 1))).toEqual(new Set(['go-on', 'tell']))
    expect(verdicts([...batch, read], (index) => (index < 6 ? 1 : 2)).at(-1)).toBe('end')
  })

  it('never cuts distinct calls, however alike', () => {
    const call = fc.tuple(
      fc.constantFrom('read_file', 'search_files', 'run_command'),
      fc.string(),
      fc.string(),
      fc.boolean(),
    )
    fc.assert(
      fc.property(fc.uniqueArray(call, { selector: ([name, input]) => `${name} ${input}`, maxLength: 80 }), (calls) => {
        const made = calls.map(([name, input, output, isError]): Made => [name, input, output, { isError }])
        expect(new Set(verdicts(made))).toEqual(new Set(made.length === 0 ? [] : ['go-on']))
      }),
    )
  })

  it('cuts every cycle without progress within three repeats of it', () => {
    const cycle = fc.uniqueArray(fc.string({ maxLength: 3 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(cycle, fc.boolean(), (inputs, isError) => {
        const calls = inputs.map((input): Made => ['read_file', input, 'same', { isError }])
        const all = verdicts(times(ENDS_AFTER + 1, ...calls))
        expect(all.indexOf('end')).toBe(ENDS_AFTER * inputs.length)
      }),
    )
  })

  it('finds the output again under what it added', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(9), (output, repeats) => {
        expect(withoutLoopNotice(withLoopNotice(output, 'read_file', repeats))).toBe(output)
        expect(withoutLoopNotice(output)).toBe(output)
      }),
    )
  })
})
