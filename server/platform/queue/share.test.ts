import fc from 'fast-check'
import { expect, test } from 'vitest'
import { capOf, Share } from './share'

const held = (given: Record<string, number>) => new Map(Object.entries(given))

test('alone, an organization may use every slot', () => {
  const share = new Share()
  share.see('big', 0)
  expect(share.plan(8, held({}), 0)).toEqual({ batch: 8, ignore: [], probe: false })
  expect(share.plan(8, held({ big: 3 }), 0)).toEqual({ batch: 5, ignore: [], probe: false })
  expect(share.plan(8, held({ big: 8 }), 0)).toBeNull()
})

test('alone and nearly full, it is looked now and then whether others wait', () => {
  const share = new Share()
  share.see('big', 0)
  expect(share.plan(8, held({ big: 7 }), 1_000)).toEqual({ batch: 1, ignore: ['big'], probe: true })
  expect(share.plan(8, held({ big: 7 }), 1_001)).toEqual({ batch: 1, ignore: [], probe: false })
  expect(share.plan(8, held({ big: 7 }), 1_600)).toMatchObject({ probe: true })
})

test('with others, nobody gets more than the cap, and the rest stays open to others', () => {
  const share = new Share()
  share.see('big', 0)
  share.see('small', 0)
  expect(share.plan(8, held({}), 0)).toEqual({ batch: 6, ignore: [], probe: false })
  expect(share.plan(8, held({ big: 4 }), 0)).toEqual({ batch: 2, ignore: [], probe: false })
  expect(share.plan(8, held({ big: 6 }), 0)).toEqual({ batch: 2, ignore: ['big'], probe: false })
  expect(share.plan(8, held({ big: 4 }), 20 * 60_000)).toEqual({ batch: 4, ignore: [], probe: false })
})

test('whatever comes in, no shared plan lets an organization over its cap, and something is planned while there is room', () => {
  const counts = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 1, max: 6 }))
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), counts, (slots, given) => {
      const share = new Share()
      for (const group of ['a', 'b']) share.see(group, 0)
      const cap = capOf(slots)
      const plan = share.plan(slots, held(given), 0)
      const used = Object.values(given).reduce((sum, count) => sum + count, 0)
      if (used >= slots) return plan === null
      if (!plan || plan.batch < 1 || plan.batch + used > slots) return false
      return Object.entries(given).every(([group, count]) => plan.ignore.includes(group) || count + plan.batch <= cap)
    }),
  )
})
