import { describe, expect, it } from 'vitest'
import { ableToAnswer, blockedInWords, commentHint, roleToAnswer } from './decision-words'

describe('blockedInWords', () => {
  it.each([
    [0, 0, 'Holds up no task'],
    [1, 0, 'Holds up 1 task'],
    [6, 0, 'Holds up 6 tasks'],
    [0, 1, 'Holds up a plan'],
    [3, 2, 'Holds up 2 plans and 3 tasks'],
  ])('%i tasks, %i plans', (blockedTasks, blockedPlans, words) =>
    expect(blockedInWords({ blockedTasks, blockedPlans })).toBe(words),
  )
})

describe('who may answer', () => {
  const members = (['owner', 'admin', 'member', 'viewer'] as const).map((role) => ({ role }))
  it('offers to hand it to nobody who may not answer it', () => {
    expect(ableToAnswer({ answerRole: 'admin' }, members).map(({ role }) => role)).toEqual(['owner', 'admin'])
    expect(ableToAnswer({ answerRole: 'viewer' }, members).map(({ role }) => role)).toEqual([
      'owner',
      'admin',
      'member',
    ])
  })
  it('names the role that is needed', () => {
    expect(roleToAnswer({ answerRole: 'viewer' })).toBe('member')
    expect(roleToAnswer({ answerRole: 'admin' })).toBe('admin')
  })
})

it('says that an agent reads the comment only where one does', () => {
  expect(commentHint('agent_question')).toContain('agent')
  expect(commentHint('budget_wall')).toBe('It is kept with your answer.')
})
