import { expect, test } from 'vitest'
import { layout, neighbour } from './graph-layout'

const tasks = [
  { id: 'a', dependsOn: [] },
  { id: 'b', dependsOn: ['a'] },
  { id: 'c', dependsOn: ['a', 'gone'] },
  { id: 'd', dependsOn: ['b', 'c'] },
]

test('dependencies stand left of dependants, nothing overlaps, and the same graph gets the same places', () => {
  const places = layout(tasks)
  const x = (id: string) => places.get(id)?.x ?? Number.NaN
  expect(x('a')).toBeLessThan(x('b'))
  expect(x('b')).toBe(x('c'))
  expect(x('c')).toBeLessThan(x('d'))
  expect(new Set([...places.values()].map((place) => `${place.x},${place.y}`)).size).toBe(4)
  expect(layout(tasks)).toEqual(places)
})

test('an empty plan and a cycle do not throw', () => {
  expect(layout([]).size).toBe(0)
  expect(
    layout([
      { id: 'x', dependsOn: ['y'] },
      { id: 'y', dependsOn: ['x'] },
    ]).size,
  ).toBe(2)
})

test('arrows walk the graph', () => {
  const places = layout(tasks)
  expect(['b', 'c']).toContain(neighbour('ArrowRight', 'a', tasks, places))
  expect(neighbour('ArrowLeft', 'b', tasks, places)).toBe('a')
  expect(neighbour('ArrowLeft', 'a', tasks, places)).toBeNull()
  const [upper, lower] = ['b', 'c'].sort((one, two) => (places.get(one)?.y ?? 0) - (places.get(two)?.y ?? 0))
  expect(neighbour('ArrowDown', upper ?? '', tasks, places)).toBe(lower)
  expect(neighbour('ArrowUp', lower ?? '', tasks, places)).toBe(upper)
  expect(neighbour('Enter', 'a', tasks, places)).toBeNull()
})
