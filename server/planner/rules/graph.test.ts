import fc from 'fast-check'
import { expect, test } from 'vitest'
import { criticalDepth, findCycle, ordered } from './graph'

const nodes = (edges: Record<string, string[]>) => Object.entries(edges).map(([id, dependsOn]) => ({ id, dependsOn }))

test.each([
  [{ A: [], B: ['A'], C: ['A', 'B'] }, null],
  [{ A: ['A'] }, ['A', 'A']],
  [{ A: ['B'], B: ['C'], C: ['A'] }, ['A', 'B', 'C', 'A']],
  [{ A: [], B: ['D'], C: ['B'], D: ['C'] }, ['B', 'D', 'C', 'B']],
])('finds the circle of %j', (edges, expected) => {
  expect(findCycle(nodes(edges as Record<string, string[]>))).toEqual(expected)
})

/** Random graphs whose edges only point to earlier nodes have no circle; adding one backward edge along a path makes one. */
const acyclic = fc
  .integer({ min: 1, max: 25 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, index) =>
        fc.subarray(Array.from({ length: index }, (__, earlier) => `T${earlier}`)),
      ),
    ),
  )
  .map((lists) => lists.map((dependsOn, index) => ({ id: `T${index}`, dependsOn })))

test('a graph that only points backwards never has a circle', () => {
  fc.assert(fc.property(acyclic, (graph) => findCycle(graph) === null))
})

test('closing a chain is always found, and the answer is a real circle', () => {
  fc.assert(
    fc.property(acyclic, fc.nat(), (graph, pick) => {
      const before = ordered(graph)
      const pairs = graph.flatMap((first) =>
        graph.filter((last) => before(first.id, last.id)).map((last) => [first, last] as const),
      )
      const pair = pairs[pick % Math.max(1, pairs.length)]
      fc.pre(pair !== undefined)
      const [first, last] = pair as NonNullable<typeof pair>
      const closed = graph.map((node) =>
        node.id === first.id ? { ...node, dependsOn: [...node.dependsOn, last.id] } : node,
      )
      const cycle = findCycle(closed)
      expect(cycle?.[0]).toBe(cycle?.at(-1))
      cycle?.slice(0, -1).forEach((id, index) => {
        expect(closed.find((node) => node.id === id)?.dependsOn).toContain(cycle[index + 1])
      })
    }),
  )
})

test('depth and order', () => {
  const graph = nodes({ A: [], B: ['A'], C: ['B'], D: ['A'] })
  expect(criticalDepth(graph)).toBe(3)
  const before = ordered(graph)
  expect(before('A', 'C')).toBe(true)
  expect(before('C', 'A')).toBe(false)
  expect(before('B', 'D')).toBe(false)
})
