import { expect, test } from 'vitest'
import { isTrusted } from './learn'

test.each([
  [0, 4, true, 'too few judgements are no verdict'],
  [3, 2, true, 'more often right'],
  [3, 3, true, 'as often right as wrong'],
  [2, 3, false, 'more often wrong'],
  [10, 11, false, 'more often wrong, by one'],
])('right %i times, wrong %i times: trusted %s (%s)', (right, wrong, trusted) => {
  expect(isTrusted({ right, wrong })).toBe(trusted)
})

test('a rule nobody has judged is trusted', () => expect(isTrusted(null)).toBe(true))
