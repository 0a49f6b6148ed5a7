import { expect, test } from 'vitest'
import type { NextActor } from '#server/tasks/rules/next-actor'
import type { Facts } from './facts'
import { requirementActor } from './requirement-actor'

const now = new Date('2026-11-26T10:00:00Z')
const later = (minutes: number) => new Date(now.getTime() + minutes * 60_000)

type Changes = Partial<Pick<Facts, 'decisions' | 'counts'>> & { requirement?: Partial<Facts['requirement']> }

/** Only what the rule reads. */
function facts({ requirement, ...changes }: Changes = {}): Facts {
  return {
    now,
    requirement: { id: 'r', status: 'planning', verification: 'none', pausedBy: null, ...requirement },
    decisions: [],
    counts: { unfinished: true, inFlight: true, startable: true, done: false },
    ...changes,
  } as unknown as Facts
}

const nobody = { leading: null, planRun: null, held: null }
const wall: NextActor = { actor: 'group', id: 'd', name: 'The team', reason: 'The team decides.', deadline: later(60) }
const question = { id: 'q', status: 'open', question: 'Which?', defaultLabel: null, deadline: null }

test.each([
  ['closed', facts({ requirement: { status: 'done' } }), nobody, null],
  ['paused', facts({ requirement: { pausedBy: 'Ana' } }), nobody, { actor: 'person', name: 'Ana' }],
  ['nothing under way', facts(), nobody, { actor: 'system', reason: 'Orchestrator decides what happens next.' }],
  [
    'an agent plans',
    facts(),
    { ...nobody, planRun: { id: 'run', agentName: 'Analyst', waits: null } },
    { actor: 'agent', id: 'run', reason: 'Analyst makes the plan.' },
  ],
  [
    'the plan waits for a budget of the project',
    facts(),
    { ...nobody, planRun: { id: 'run', agentName: 'Analyst', waits: wall } },
    { actor: 'group', id: 'd', reason: 'The team decides.', deadline: later(61) },
  ],
  [
    'a question of its own goes before what the run waits for',
    facts({ decisions: [question] as unknown as Facts['decisions'] }),
    { ...nobody, planRun: { id: 'run', agentName: 'Analyst', waits: wall } },
    { actor: 'group', id: 'q', reason: 'Waits for the answer of the team: Which?' },
  ],
  [
    'its question is answered, and the answer can still be taken back',
    facts({
      decisions: [{ ...question, held: { label: 'Stop', until: later(1) } }] as unknown as Facts['decisions'],
    }),
    nobody,
    {
      actor: 'timer',
      reason: 'The answer "Stop" takes effect unless somebody takes it back.',
      deadline: later(1),
    },
  ],
  [
    'no room for the plan',
    facts(),
    { ...nobody, held: { kind: 'agent', reason: 'Analyst is busy.', until: null } as never },
    { actor: 'system', reason: 'Analyst is busy.' },
  ],
  [
    'a task leads',
    facts({ requirement: { status: 'in_progress' } }),
    { ...nobody, leading: { ...wall, ref: 'T1', others: 2 } },
    { actor: 'group', reason: 'T1: The team decides. 2 more in flight.', deadline: later(61) },
  ],
  [
    'everything is merged',
    facts({
      requirement: { status: 'in_progress', verification: 'requested' },
      counts: { unfinished: false, inFlight: false, startable: false, done: true },
    }),
    nobody,
    { actor: 'system', reason: 'Orchestrator re-runs every check on the merged result.' },
  ],
])('%s', (_, given, more, expected) => {
  const next = requirementActor(given, more)
  if (expected === null) expect(next).toBeNull()
  else expect(next).toMatchObject(expected)
})
