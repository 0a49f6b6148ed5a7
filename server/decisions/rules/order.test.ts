import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { byWaitingCost, heldBy, waitingCost } from './order'

const now = new Date('2026-11-23T12:00:00Z')
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000)
const decision = (name: string, blockedTasks: number, minutes: number, deadline: Date | null = null) => ({
  name,
  blockedTasks,
  createdAt: ago(minutes),
  deadline,
})

describe('waitingCost', () => {
  test.each([
    { blocked: 2, minutes: 60, cost: 120 },
    { blocked: 1, minutes: 120, cost: 120 },
    { blocked: 0, minutes: 60, cost: 15 },
    { blocked: 3, minutes: 0, cost: 3 },
    { blocked: 3, minutes: -5, cost: 3 }, // a clock that runs ahead never makes the wait negative
  ])('$blocked blocked for $minutes min costs $cost', ({ blocked, minutes, cost }) => {
    expect(waitingCost(decision('d', blocked, minutes), now)).toBe(cost)
  })
})

test('a plan that can’t be made counts as one task', () => {
  expect(waitingCost({ ...decision('d', 0, 60), blockedPlans: 1 }, now)).toBe(60)
})

describe('byWaitingCost', () => {
  test('puts blocked work × waiting time first', () => {
    const order = byWaitingCost(
      [decision('old, small', 0, 60), decision('new, big', 8, 5), decision('middle', 1, 30)],
      now,
    )
    expect(order.map((entry) => entry.name)).toEqual(['new, big', 'middle', 'old, small'])
  })

  test('equal cost: the nearer deadline, then the older', () => {
    const order = byWaitingCost(
      [
        decision('no deadline', 2, 10),
        decision('later', 2, 10, new Date('2026-11-24T00:00:00Z')),
        decision('sooner', 2, 10, new Date('2026-11-23T13:00:00Z')),
        decision('older', 1, 20),
      ],
      now,
    )
    expect(order.map((entry) => entry.name)).toEqual(['sooner', 'later', 'older', 'no deadline'])
  })

  test('loses and invents nothing, and leaves its input alone', () => {
    const arbitrary = fc.array(fc.record({ blockedTasks: fc.nat(50), minutes: fc.nat(10_000) }), { maxLength: 30 })
    fc.assert(
      fc.property(arbitrary, (facts) => {
        const given = facts.map((fact, index) => decision(String(index), fact.blockedTasks, fact.minutes))
        const before = [...given]
        const sorted = byWaitingCost(given, now)
        expect(given).toEqual(before)
        expect(new Set(sorted)).toEqual(new Set(given))
        for (const [index, entry] of sorted.entries()) {
          const next = sorted[index + 1]
          if (next) expect(waitingCost(entry, now)).toBeGreaterThanOrEqual(waitingCost(next, now))
        }
      }),
    )
  })
})

describe('heldBy', () => {
  const tasks = [
    { id: 'a', dependsOn: [], finished: true },
    { id: 'b', dependsOn: ['a'], finished: false },
    { id: 'c', dependsOn: ['b'], finished: false },
    { id: 'd', dependsOn: ['b', 'c'], finished: false },
    { id: 'e', dependsOn: ['a'], finished: false },
  ]
  test('counts the task and everything behind it, once', () => {
    expect(heldBy('b', tasks).sort()).toEqual(['b', 'c', 'd'])
    expect(heldBy('e', tasks)).toEqual(['e'])
  })
  test('finished tasks wait for nobody', () => {
    expect(heldBy('a', tasks).sort()).toEqual(['b', 'c', 'd', 'e'])
  })
  test('a cycle ends', () => {
    const cycle = [
      { id: 'x', dependsOn: ['y'], finished: false },
      { id: 'y', dependsOn: ['x'], finished: false },
    ]
    expect(heldBy('x', cycle).sort()).toEqual(['x', 'y'])
  })
})
