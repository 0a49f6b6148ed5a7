import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MOST_ITEMS } from '../model'
import { BURST_WINDOW_MS, floodWaitMs, groupKeyOf, groupTitle, MOST_IN_WINDOW, withItem } from './grouping'

const item = (source: string) => ({ source, title: source, path: '/' })

describe('groups', () => {
  const about = { requirementId: 'r', projectId: 'p' }
  test('failures of a requirement share a group, decisions never do', () => {
    const failed = (source: string) => groupKeyOf({ ...about, topic: 'task_failed', source })
    expect(failed('1')).toBe(failed('2'))
    const asked = (source: string) => groupKeyOf({ ...about, topic: 'decision_needed', source })
    expect(asked('1')).not.toBe(asked('2'))
  })
  test('an item joins once, and the newest stay', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(80), { maxLength: 150 }), (numbers) => {
        const items = numbers.reduce(
          (all, number) => withItem(all, item(String(number))),
          [] as ReturnType<typeof item>[],
        )
        const sources = items.map((one) => one.source)
        expect(new Set(sources).size).toBe(sources.length)
        expect(items.length).toBeLessThanOrEqual(MOST_ITEMS)
      }),
    )
  })
  test.each([
    [1, 'Task T1 failed'],
    [10, '10 tasks failed'],
  ])('%i: %s', (count, title) => expect(groupTitle('task_failed', count, 'Task T1 failed')).toBe(title))
})

describe('floods', () => {
  const now = new Date('2026-11-25T12:00:00Z')
  const ago = (ms: number) => new Date(now.getTime() - ms)
  test('few messages wait for nothing', () => {
    expect(
      floodWaitMs(
        Array.from({ length: MOST_IN_WINDOW - 1 }, (_, index) => ago(index)),
        now,
      ),
    ).toBe(0)
  })
  test('one more waits until the oldest of them leaves the window', () => {
    expect(
      floodWaitMs(
        Array.from({ length: MOST_IN_WINDOW }, (_, index) => ago(index * 1000)),
        now,
      ),
    ).toBe(BURST_WINDOW_MS - (MOST_IN_WINDOW - 1) * 1000)
  })
  test('whatever is asked for, no window sees more than the most', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(120_000), { maxLength: 60 }), (gaps) => {
        const sent: Date[] = []
        let time = now.getTime()
        for (const gap of gaps) {
          time += gap
          if (floodWaitMs(sent, new Date(time)) === 0) sent.push(new Date(time))
        }
        for (const one of sent) {
          const inWindow = sent.filter((other) => other >= one && other.getTime() - one.getTime() < BURST_WINDOW_MS)
          expect(inWindow.length).toBeLessThanOrEqual(MOST_IN_WINDOW)
        }
      }),
    )
  })
})
