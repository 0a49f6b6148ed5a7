import { describe, expect, test } from 'vitest'
import { followsUp, type Happened, outcomeOf, tellingOf, urgencyOfDecision } from './wording'

const now = new Date('2026-11-25T12:00:00Z')
const happened = (given: Partial<Happened>): Happened => ({
  type: 'task.failed',
  sequence: '7',
  actor: { kind: 'system', id: null, name: 'Orchestrator' },
  payload: {},
  project: { id: 'p', name: 'Shop', scripted: false },
  requirement: { id: 'r', number: 3, title: 'Pay by card', submittedById: 'mia' },
  task: null,
  decision: null,
  ...given,
})
const decision = {
  id: 'd',
  kind: 'agent_question',
  question: 'Which provider?',
  why: 'Two fit.',
  options: [],
  recommended: null,
  recommendedWhy: '',
  defaultOption: null,
  deadline: null,
  assigneeId: null,
  answererIds: [],
  answerRole: 'member' as const,
  blockedTasks: 3,
}

describe('what is told', () => {
  test('a decision: its question, what waits, where to decide', () => {
    const telling = tellingOf(happened({ type: 'decision.raised', decision }), now)
    expect(telling?.message).toMatchObject({
      topic: 'decision_needed',
      urgency: 'now',
      title: 'Which provider?',
      path: '/decisions/d',
      facts: [
        ['Project', 'Shop'],
        ['Requirement', 'R3 Pay by card'],
        ['Waiting', '3 tasks wait for the answer'],
      ],
    })
    expect(telling?.concern).toMatchObject({ submitterId: 'mia', actorId: null })
  })

  test.each([
    ['requirement.closed', { status: 'done', proven: 3, total: 3, reason: '' }, 'Pay by card is done'],
    ['requirement.closed', { status: 'failed', proven: 0, total: 3, reason: 'No task.' }, 'Pay by card failed'],
    ['task.failed', { ref: 'T2', title: 'Refunds', reason: 'tests' }, 'Task T2 failed: Refunds'],
    ['signal.raised', { kind: 'quality_issue', urgency: 'now', title: 'CI is red' }, 'CI is red'],
    ['signal.raised', { kind: 'innovation', urgency: 'today', title: 'An idea', cause: 'run.signalled' }, 'An idea'],
    ['signal.raised', { kind: 'quality_issue', urgency: 'now', title: 'CI', round: 2 }, 'Back again: CI'],
    ['signal.raised', { kind: 'decision_needed', urgency: 'today', title: 'CI', external: true }, 'CI'],
    [
      'signal.raised',
      { kind: 'quality_issue', urgency: 'now', title: 'CI', escalated: { urgency: 'today', impact: 'task' } },
      'Worse than before: CI',
    ],
    ['webhook.disabled', { name: 'Chat', reason: 'gone' }, 'The webhook Chat was switched off'],
  ])('%s %o: %s', (type, payload, title) => {
    expect(tellingOf(happened({ type, payload }), now)?.message.title).toBe(title)
  })

  test.each([
    ['signal.raised', { kind: 'quality_issue', urgency: 'whenever', title: 'x' }],
    ['signal.raised', { kind: 'decision_needed', urgency: 'now', title: 'x' }],
    ['signal.raised', { kind: 'requirement', urgency: 'today', title: 'x', cause: 'requirement.closed' }],
    ['signal.raised', { kind: 'quality_issue', urgency: 'now', title: 'x', cause: 'task.failed' }],
    ['requirement.closed', { status: 'cancelled' }],
    ['run.started', {}],
    ['constructor', {}],
  ])('%s %o needs nobody', (type, payload) => expect(tellingOf(happened({ type, payload }), now)).toBeNull())

  test('a text of any length stays a message', () => {
    const payload = { ref: 'T1', title: 'x'.repeat(10_000), reason: 'y'.repeat(100_000) }
    const message = tellingOf(happened({ payload }), now)?.message
    expect(message?.title.length).toBeLessThanOrEqual(300)
    expect(message?.body.length).toBeLessThanOrEqual(2_000)
  })
})

test.each([
  [null, 0, 'whenever'],
  [null, 1, 'today'],
  [null, 2, 'now'],
  ['2026-11-25T13:00:00Z', 0, 'now'],
  ['2026-11-26T11:00:00Z', 0, 'today'],
  ['2026-11-28T12:00:00Z', 0, 'whenever'],
])('deadline %s and %i tasks: %s', (deadline, blockedTasks, urgency) => {
  expect(urgencyOfDecision({ deadline, blockedTasks }, now)).toBe(urgency)
})

test.each([
  ['open', 'page', null, false],
  ['answered', 'page', 'Ana answered: Stripe', false],
  ['answered', 'default', 'Nobody answered in time, so the default was taken: Stripe', true],
  ['answered', 'precedent', 'Answered by precedent: Stripe', true],
  ['expired', '', 'It has expired: nobody answered in time', false],
  ['withdrawn', '', 'No longer needed: what it was about has ended', false],
])('%s by %s: %s', (status, by, outcome, follows) => {
  expect(outcomeOf({ status, by, label: 'Stripe', answeredBy: 'Ana' })).toBe(outcome)
  expect(followsUp({ status, via: by })).toBe(follows)
})
