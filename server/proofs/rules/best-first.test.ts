import { expect, test } from 'vitest'
import { bestFirst } from './best-first'

const at = (phase: string, commit: string, position: number, second: number, acceptanceId = 'A1') => ({
  phase,
  commit,
  acceptanceId,
  createdAt: new Date(second * 1000),
  task: { position },
})

test('the final run of the own command comes before a later one that runs everything together', () => {
  const own = at('final', 'c', 4, 10)
  const together = at('final', 'c', 6, 11)
  expect(bestFirst([together, own])[0]).toBe(own)
})

test('what people get comes before what was tried on the way, and the newest of it before older', () => {
  const task = at('task', 'a', 1, 30)
  const merge = at('merge', 'b', 1, 20)
  const older = at('final', 'c', 1, 10)
  const newer = at('final', 'd', 9, 12)
  expect(bestFirst([task, older, merge, newer])).toEqual([newer, older, merge, task])
})

test('checks of one task keep their order', () => {
  const [second, tenth] = [at('final', 'c', 1, 2, 'A2'), at('final', 'c', 1, 1, 'A10')]
  expect(bestFirst([tenth, second])).toEqual([second, tenth])
})
