import fc from 'fast-check'
import { expect, test } from 'vitest'
import { criticalPath, scheduleBound, type TimedTask } from './schedule'

const task = (id: string, ms: number, ...dependsOn: string[]): TimedTask => ({ id, ms, dependsOn })

test('the bound is the path, the work, or what a list schedule needs', () => {
  const chain = [task('a', 10), task('b', 20, 'a'), task('c', 30, 'b')]
  expect(scheduleBound(chain, 8)).toBe(60)
  const wide = [task('a', 10), task('b', 10), task('c', 10), task('d', 10)]
  expect(scheduleBound(wide, 2)).toBe(20)
  expect(scheduleBound([task('a', 10), task('b', 10), task('c', 10)], 2)).toBe(20)
})

test('no bound is below the critical path or the work, and none above both together (Graham 1969)', () => {
  const graph = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(), { maxLength: 3 })), { minLength: 1 })
    .map((drafts) =>
      drafts.map(([ms, before], index) =>
        task(`${index}`, ms, ...(index === 0 ? [] : before.map((number) => `${number % index}`))),
      ),
    )
  fc.assert(
    fc.property(graph, fc.integer({ min: 1, max: 8 }), (tasks, slots) => {
      const work = tasks.reduce((sum, { ms }) => sum + ms, 0)
      const bound = scheduleBound(tasks, slots)
      expect(bound).toBeGreaterThanOrEqual(Math.max(criticalPath(tasks), work / slots))
      expect(bound).toBeLessThanOrEqual(criticalPath(tasks) + work / slots + 1e-9)
    }),
  )
})
