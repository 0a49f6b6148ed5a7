import { expect, test } from 'vitest'
import { inRefOrder } from './ref-order'

test('refs stand as people count, and the given list stays as it is', () => {
  const given = ['S18', 'S4', 'S15', 'T2', 'S5']
  expect(inRefOrder(given)).toEqual(['S4', 'S5', 'S15', 'S18', 'T2'])
  expect(given[0]).toBe('S18')
})
