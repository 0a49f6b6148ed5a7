import { expect, test } from 'vitest'
import { roles } from '#server/auth/model'
import { actions, isAllowed } from '#server/auth/rules/permissions'
import { tokenScopes } from './model'
import { roleOfToken, tokenMay } from './rules'

test('what each scope may do, written out', () => {
  const may = (scope: (typeof tokenScopes)[number]) =>
    actions.filter((action) => tokenMay([scope], action) && isAllowed(roleOfToken([scope], 'owner'), action))
  const adminsRead = ['api-token.read', 'mailbox.read']
  const reading = actions.filter((action) => action.endsWith('.read') && !adminsRead.includes(action))
  expect(may('read')).toEqual(reading)
  expect(may('write').filter((action) => !action.endsWith('.read'))).toEqual([
    'requirement.submit',
    'requirement.change',
    'requirement.cancel',
    'task.change',
    'signal.judge',
  ])
  expect(may('decide').filter((action) => !action.endsWith('.read'))).toEqual([
    'decision.answer',
    'decision.delegate',
    'decision.withdraw',
  ])
  expect(may('admin')).toEqual(actions)
})

test('no scopes allow nothing, and no scope lifts its maker', () => {
  for (const action of actions) expect(tokenMay([], action)).toBe(false)
  for (const maker of roles) {
    for (const action of actions.filter((one) => !isAllowed(maker, one))) {
      expect(isAllowed(roleOfToken([...tokenScopes], maker), action)).toBe(false)
    }
  }
})
