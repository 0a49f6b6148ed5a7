import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Rival } from './facts'
import { compareTurns, mayGo } from './fair'

const claimant = (changes: Partial<Rival>): Rival => ({
  requirementId: 'a',
  number: 1,
  projectId: 'p',
  running: 0,
  projectRunning: 0,
  servedAt: null,
  wants: ['agent'],
  ...changes,
})

test('a free slot goes to the project with fewer runs, then the requirement with fewer, then who waited longest', () => {
  const self = claimant({ running: 2, projectRunning: 2 })
  const fewer = claimant({ requirementId: 'b', number: 2, running: 1, projectRunning: 2 })
  expect(mayGo({ self, rivals: [fewer], room: 1 })?.number).toBe(2)
  expect(mayGo({ self, rivals: [fewer], room: 2 })).toBeNull()
  const other = claimant({ requirementId: 'c', number: 3, projectId: 'q', running: 5, projectRunning: 1 })
  expect(mayGo({ self, rivals: [other], room: 1 })?.number).toBe(3)
  const level = { ...self, servedAt: new Date(2) }
  const longer = claimant({ requirementId: 'd', number: 4, running: 2, projectRunning: 2, servedAt: new Date(1) })
  expect(mayGo({ self: level, rivals: [longer], room: 1 })?.number).toBe(4)
  expect(mayGo({ self: longer, rivals: [{ ...claimant({ number: 5 }), ...level }], room: 1 })).toBeNull()
})

/** An organization with one agent: slots come free one after the other, and whoever looks takes one if it may. */
function serve(projects: number[], slots: number, picks: number[]): number[][] {
  const all = projects.map((project, index) => ({ id: `r${index}`, project: `p${project}`, running: 0, servedAt: 0 }))
  const waits = projects.map(() => 0)
  const worst: number[][] = projects.map(() => [])
  const held: number[] = []
  const rival = (index: number): Rival => {
    const own = all[index] as (typeof all)[number]
    const projectRunning = all.filter(({ project }) => project === own.project).reduce((sum, r) => sum + r.running, 0)
    return claimant({
      requirementId: own.id,
      number: index,
      projectId: own.project,
      running: own.running,
      projectRunning,
      servedAt: new Date(own.servedAt),
    })
  }
  picks.forEach((pick, time) => {
    if (held.length === slots) {
      const [freed] = held.splice(pick % held.length, 1)
      ;(all[freed as number] as (typeof all)[number]).running -= 1
    }
    const takers = all
      .map((_, index) => index)
      .filter((index) => {
        const rivals = all.flatMap((_, other) => (other === index ? [] : [rival(other)]))
        return mayGo({ self: rival(index), rivals, room: 1 }) === null
      })
    expect(takers).toHaveLength(1)
    const [taker] = takers as [number]
    const own = all[taker] as (typeof all)[number]
    own.running += 1
    own.servedAt = time + 1
    held.push(taker)
    for (const index of all.keys()) waits[index] = index === taker ? 0 : (waits[index] as number) + 1
    for (const index of all.keys()) worst[index]?.push(waits[index] as number)
  })
  return worst
}

test('exactly one may take each slot, and nobody who waits is passed over more often than there are others', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(2), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(100), { minLength: 30, maxLength: 60 }),
      (projects, slots, picks) => {
        // Whoever holds slots while others have none is served already: only those without any must never starve.
        const worst = serve(projects, 1, picks)
        for (const waits of worst) expect(Math.max(...waits)).toBeLessThanOrEqual(projects.length * projects.length)
        serve(projects, slots, picks)
      },
    ),
    { numRuns: 300 },
  )
})

test('turns are a strict order: no two requirements can each stand back for the other', () => {
  const any = fc.record({
    requirementId: fc.uuid(),
    number: fc.nat(),
    projectId: fc.constantFrom('p', 'q'),
    running: fc.nat(3),
    projectRunning: fc.constant(0),
    servedAt: fc.option(fc.date({ noInvalidDate: true })),
    wants: fc.constant(['agent']),
  })
  fc.assert(
    fc.property(any, any, (left, right) => {
      expect(Math.sign(compareTurns(left, right))).toBe(-Math.sign(compareTurns(right, left)) + 0)
    }),
  )
})
