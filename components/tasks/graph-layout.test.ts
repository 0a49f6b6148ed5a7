import fc from 'fast-check'
import { expect, test } from 'vitest'
import { layout, NODE_HEIGHT, NODE_WIDTH, neighbour } from './graph-layout'

const tasks = [
  { id: 'a', dependsOn: [] },
  { id: 'b', dependsOn: ['a'] },
  { id: 'c', dependsOn: ['a', 'gone'] },
  { id: 'd', dependsOn: ['b', 'c'] },
]

test('dependencies stand left of dependants, nothing overlaps, and the same graph gets the same places', () => {
  const { places } = layout(tasks)
  const x = (id: string) => places.get(id)?.x ?? Number.NaN
  expect(x('a')).toBeLessThan(x('b'))
  expect(x('b')).toBe(x('c'))
  expect(x('c')).toBeLessThan(x('d'))
  expect(layout(tasks).places).toEqual(places)
})

/** Any plan without cycles: a task depends on earlier ones only. */
const plans = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 40 }).map((picks) =>
  picks.map((pick, index) => ({
    id: `t${index}`,
    dependsOn: index === 0 ? [] : [...new Set(pick.map((number) => `t${number % index}`))],
  })),
)

test('in any plan every task has room, follows its dependencies, and no line runs behind a task', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const { places, lines, width, height } = layout(plan)
      const boxes = [...places.values()]
      expect(boxes).toHaveLength(plan.length)
      for (const [index, one] of boxes.entries()) {
        expect(one.x >= 0 && one.x + NODE_WIDTH <= width && one.y >= 0 && one.y + NODE_HEIGHT <= height).toBe(true)
        for (const other of boxes.slice(index + 1)) {
          expect(one.x !== other.x || Math.abs(one.y - other.y) >= NODE_HEIGHT).toBe(true)
        }
      }
      expect(lines).toHaveLength(plan.flatMap(({ dependsOn }) => dependsOn).length)
      for (const { points } of lines) {
        for (const [index, point] of points.entries()) {
          expect(point.x).toBeGreaterThan(points[index - 1]?.x ?? Number.NEGATIVE_INFINITY)
          const ends = index === 0 || index === points.length - 1
          const behind = boxes.some(
            (box) =>
              point.x >= box.x && point.x <= box.x + NODE_WIDTH && point.y > box.y && point.y < box.y + NODE_HEIGHT,
          )
          expect(behind).toBe(ends)
        }
      }
    }),
  )
})

test('an empty plan and a cycle do not throw', () => {
  expect(layout([])).toMatchObject({ width: 0, height: 0, lines: [] })
  expect(
    layout([
      { id: 'x', dependsOn: ['y'] },
      { id: 'y', dependsOn: ['x'] },
    ]).places.size,
  ).toBe(2)
})

test('arrows walk the graph', () => {
  const { places } = layout(tasks)
  expect(['b', 'c']).toContain(neighbour('ArrowRight', 'a', tasks, places))
  expect(neighbour('ArrowLeft', 'b', tasks, places)).toBe('a')
  expect(neighbour('ArrowLeft', 'a', tasks, places)).toBeNull()
  const [upper, lower] = ['b', 'c'].sort((one, two) => (places.get(one)?.y ?? 0) - (places.get(two)?.y ?? 0))
  expect(neighbour('ArrowDown', upper ?? '', tasks, places)).toBe(lower)
  expect(neighbour('ArrowUp', lower ?? '', tasks, places)).toBe(upper)
  expect(neighbour('Enter', 'a', tasks, places)).toBeNull()
})
