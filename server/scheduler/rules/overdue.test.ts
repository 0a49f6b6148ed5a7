import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ATTEMPT_CAP_MS, decideOverdue, type Overdue } from './overdue'

const row = (changes: Partial<Overdue>): Overdue => ({
  noun: 'run',
  status: 'running',
  actor: 'agent',
  times: 0,
  forMs: 60_000,
  job: 'none',
  ...changes,
})

test.each<[string, Partial<Overdue>, string]>([
  ['a timer fires', { actor: 'timer', noun: 'task', status: 'ready' }, 'timer'],
  ['people are reminded', { noun: 'task', status: 'asking', actor: 'group' }, 'remind'],
  ['a question is brought up again', { noun: 'decision', status: 'open', actor: 'person' }, 'remind'],
  ['a queued run whose job waits', { status: 'queued', actor: 'system', job: 'waiting' }, 'wait'],
  ['a queued run whose job is lost', { status: 'queued', actor: 'system' }, 'enqueue'],
  ['a queued run whose job is lost again and again', { status: 'queued', actor: 'system', times: 3 }, 'ask'],
  ['a run whose wall was answered', { status: 'asking', actor: 'system', times: 9 }, 'enqueue'],
  ['a run whose worker is at it', { job: 'active' }, 'wait'],
  ['a run whose worker is gone', {}, 'take-back'],
  ['a run that nobody can finish', { times: 3 }, 'give-up'],
  ['a run at its time limit, worker alive', { job: 'active', forMs: ATTEMPT_CAP_MS }, 'give-up'],
  ['a proof whose job is lost', { noun: 'task', status: 'proving', actor: 'system' }, 'enqueue'],
  ['a proof that is lost again and again', { noun: 'task', status: 'proving', actor: 'system', times: 3 }, 'ask'],
  ['a merge whose job is lost', { noun: 'merge', status: 'queued', actor: 'system' }, 'enqueue'],
  ['a merge that is lost again and again', { noun: 'merge', status: 'queued', actor: 'system', times: 3 }, 'ask'],
  ['a merge in hand', { noun: 'merge', status: 'queued', actor: 'system', job: 'active' }, 'wait'],
  ['the scheduler itself', { noun: 'requirement', status: 'submitted', actor: 'system' }, 'look'],
  ['planning that does not get on', { noun: 'requirement', status: 'planning', actor: 'system', times: 3 }, 'ask'],
  ['an agent that plans', { noun: 'requirement', status: 'planning', actor: 'agent', times: 9 }, 'look'],
  [
    'planning that waits for a slot',
    { noun: 'requirement', status: 'planning', actor: 'system', times: 9, inLine: true },
    'look',
  ],
  [
    'building is asked about by its tasks',
    { noun: 'requirement', status: 'in_progress', actor: 'system', times: 9 },
    'look',
  ],
  [
    'a verification that is lost again and again',
    { noun: 'requirement', status: 'in_progress', actor: 'system', verification: 'requested', times: 9 },
    'enqueue',
  ],
  [
    'a verification whose job is lost',
    { noun: 'requirement', status: 'in_progress', actor: 'system', verification: 'requested' },
    'enqueue',
  ],
])('%s', (_name, changes, act) => {
  expect(decideOverdue(row(changes))).toMatchObject({ act, done: expect.stringMatching(/\w/) })
})

test('every overdue actor is acted on and gets a later deadline; pauses between acts grow to an hour at most', () => {
  const any = fc.record<Overdue>({
    noun: fc.constantFrom('requirement', 'task', 'run', 'merge', 'decision'),
    status: fc.constantFrom(
      'queued',
      'running',
      'asking',
      'paused',
      'proving',
      'reviewing',
      'merging',
      'ready',
      'open',
    ),
    actor: fc.constantFrom('agent', 'system', 'timer', 'person', 'group'),
    times: fc.nat(1_000),
    forMs: fc.nat(1e9),
    job: fc.constantFrom('active', 'waiting', 'none'),
  })
  fc.assert(
    fc.property(any, (overdue) => {
      const verdict = decideOverdue(overdue)
      expect(verdict.moveMs).toBeGreaterThanOrEqual(30_000)
      expect(verdict.moveMs).toBeLessThanOrEqual(verdict.act === 'remind' ? 24 * 3600_000 : 3600_000)
    }),
  )
})
