import { isValidElement, type ReactElement } from 'react'
import { describe, expect, it } from 'vitest'
import { ansiLine } from './ansi'
import { classNames } from './class-names'
import { durationText } from './duration-text'
import { absoluteTime, clockTime, relativeTime } from './time-text'

describe('durationText', () => {
  it.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [12_340, '12.3 s'],
    [59_900, '59 s'],
    [134_000, '2:14'],
    [3_700_000, '1 h 1 min'],
    [90_000_000, '1 d 1 h'],
  ])('%i', (milliseconds, expected) => expect(durationText(milliseconds)).toBe(expected))
})

describe('times', () => {
  const at = new Date('2026-11-23T05:14:31Z')
  it('is the same everywhere when absolute', () => expect(absoluteTime(at)).toBe('2026-11-23 05:14 UTC'))
  it('names the day by the clock only when it is another one', () => {
    expect(clockTime(at, at.getTime() + 60_000)).toBe('05:14 UTC')
    expect(clockTime(at, at.getTime() + 86_400_000)).toBe('2026-11-23 05:14 UTC')
    expect(clockTime(at, undefined)).toBe('2026-11-23 05:14 UTC')
  })
  it.each([
    [2, 'just now'],
    [40, '40 seconds ago'],
    [180, '3 minutes ago'],
    [7200, '2 hours ago'],
    [86_400, 'yesterday'],
    [30 * 86_400, '2026-11-23'],
  ])('%i seconds later', (seconds, expected) => expect(relativeTime(at, at.getTime() + seconds * 1000)).toBe(expected))
})

describe('ansiLine', () => {
  const parts = (line: string) => ansiLine(line) as ReactElement<{ children: string; style: object }>[]
  it('leaves plain text alone, markup included', () => {
    expect(ansiLine('<script>alert(1)</script>')).toBe('<script>alert(1)</script>')
  })
  it('turns colours into our palette', () => {
    const [red, rest] = parts('\u001b[31mfailed\u001b[0m 2 tests')
    expect(isValidElement(red)).toBe(true)
    expect(red?.props).toMatchObject({ children: 'failed', style: { color: 'var(--ansi-red)' } })
    expect(rest?.props.children).toBe(' 2 tests')
  })
  it('keeps markup inside colours text', () => {
    expect(parts('\u001b[31m<b onclick=x>\u001b[0m')[0]?.props.children).toBe('<b onclick=x>')
  })
  it('shows the last state of an overwritten line', () => expect(ansiLine('10 %\r50 %\r100 %\r')).toBe('100 %'))
  it('shows characters that would reorder the text', () => expect(ansiLine('a\u202eb')).toBe('a⟨U+202E⟩b'))
})

it('joins class names and leaves out what does not hold', () => {
  expect(classNames('px-2', ['text-body', false], undefined, null, '', 'flex')).toBe('px-2 text-body flex')
})
