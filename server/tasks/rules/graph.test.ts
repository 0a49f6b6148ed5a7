import fc from 'fast-check'
import { expect, test } from 'vitest'
import { criticalDepth, descendants, findCycle, openDependencies, ordered, topological, upwardRanks } from './graph'

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

const timed = fc
  .tuple(acyclic, fc.infiniteStream(fc.integer({ min: 0, max: 10_000 })))
  .map(([graph, times]) => graph.map((node) => ({ ...node, expectedMs: times.next().value as number })))

test('the upward rank is the longest expected path to the end, and falls along every dependency', () => {
  fc.assert(
    fc.property(timed, (graph) => {
      const ranks = upwardRanks(graph)
      const longest = (id: string): number => {
        const node = graph.find((candidate) => candidate.id === id)
        const after = graph.filter((candidate) => candidate.dependsOn.includes(id)).map(({ id: next }) => longest(next))
        return (node?.expectedMs ?? 0) + Math.max(0, ...after)
      }
      for (const node of graph.slice(-6)) expect(ranks.get(node.id)).toBe(longest(node.id))
      for (const node of graph) {
        for (const before of node.dependsOn) {
          const own = graph.find((candidate) => candidate.id === before)
          expect(ranks.get(before)).toBeGreaterThanOrEqual((own?.expectedMs ?? 0) + (ranks.get(node.id) ?? 0))
        }
      }
    }),
  )
})

test('in topological order every task stands behind what it depends on, and none is missing', () => {
  fc.assert(
    fc.property(acyclic, (graph) => {
      const place = new Map(topological(graph).map((node, index) => [node.id, index]))
      expect(place.size).toBe(graph.length)
      for (const node of graph) {
        for (const before of node.dependsOn) expect(place.get(before)).toBeLessThan(place.get(node.id) as number)
      }
    }),
  )
})

test('descendants are exactly the tasks that the graph forces to come later', () => {
  fc.assert(
    fc.property(acyclic, fc.nat(), (graph, pick) => {
      const from = graph[pick % graph.length]?.id as string
      const before = ordered(graph)
      const later = graph.filter((node) => before(from, node.id)).map((node) => node.id)
      expect([...descendants(graph, [from])].sort()).toEqual(later.sort())
    }),
  )
})

test('open dependencies count each missing one once', () => {
  expect(openDependencies({ id: 'C', dependsOn: ['A', 'B', 'B'] }, new Set(['A']))).toBe(1)
  expect(openDependencies({ id: 'C', dependsOn: ['A'] }, new Set(['A']))).toBe(0)
})

test('a chain of 10,000 tasks needs no deep stack', () => {
  const chain = Array.from({ length: 10_000 }, (_, index) => ({
    id: `T${index}`,
    dependsOn: index === 0 ? [] : [`T${index - 1}`],
    expectedMs: 1,
  }))
  expect(upwardRanks(chain).get('T0')).toBe(10_000)
  expect(criticalDepth(chain)).toBe(10_000)
})
