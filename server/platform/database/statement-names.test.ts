import { expect, test } from 'vitest'
import { StatementNames } from './statement-names'

test('what is sent again and again gets one name, from the third time on', () => {
  const names = new StatementNames()
  const text = 'select * from a where id = $1'
  expect([1, 2, 3, 4].map(() => names.of(text))).toEqual([undefined, undefined, 's1', 's1'])
})

test('commands without parameters are never named', () => {
  const names = new StatementNames()
  expect(Array.from({ length: 9 }, () => names.of('BEGIN'))).toEqual(Array(9).fill(undefined))
})

test('lists of ever new lengths neither take all names nor fill the memory', () => {
  const names = new StatementNames()
  for (let length = 1; length < 10_000; length += 1) {
    expect(names.of(`select * from a where id in (${'$1,'.repeat(length % 50)}$${length})`)).toBeUndefined()
  }
  const given = new Set<string | undefined>()
  for (let statement = 0; statement < 1_000; statement += 1) {
    for (let time = 0; time < 3; time += 1) given.add(names.of(`select $1, ${statement}`))
  }
  given.delete(undefined)
  expect(given.size).toBe(300)
})
