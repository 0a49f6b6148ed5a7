import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type HealthState, type ProjectFacts, projectHealth } from './health'

const quiet: ProjectFacts = {
  requirements: 1,
  activeRequirements: 0,
  running: 0,
  ready: 0,
  openDecisions: 0,
  oldestDecisionMinutes: null,
  retrying: 0,
  failedTasks: 0,
  lastFailure: null,
  quietMinutes: 5,
}

const table: [what: string, facts: Partial<ProjectFacts>, state: HealthState, sentence: string, reasons: string[]][] = [
  ['a new project', { requirements: 0, quietMinutes: null }, 'empty', 'Nothing has been asked for yet.', []],
  ['all done', {}, 'idle', 'All done: nothing is running and nothing is needed from you.', []],
  [
    'working',
    { activeRequirements: 1, running: 2, ready: 1 },
    'working',
    'Working on 1 requirement; nothing is needed from you.',
    ['2 runs are in progress', '1 task waits for a free agent'],
  ],
  [
    'a question while others work',
    { activeRequirements: 2, running: 1, openDecisions: 1, oldestDecisionMinutes: 130 },
    'needs-you',
    '1 question waits for an answer; the rest goes on meanwhile.',
    ['1 run is in progress', '1 question is open, the oldest for 2 hours'],
  ],
  [
    'questions only',
    { activeRequirements: 1, openDecisions: 3, oldestDecisionMinutes: 0.2, quietMinutes: 900 },
    'needs-you',
    '3 questions wait for an answer; work is held up.',
    ['3 questions are open, the oldest for less than a minute'],
  ],
  [
    'stalled',
    { activeRequirements: 1, quietMinutes: 12.7 },
    'trouble',
    'Nothing moves although 1 requirement is not finished: check that the worker runs.',
    ['the last sign of life is 12 minutes old'],
  ],
  [
    'quiet, but not for long',
    { activeRequirements: 1 },
    'working',
    'Working on 1 requirement; nothing is needed from you.',
    [],
  ],
  [
    'ended badly',
    { lastFailure: 'R4 CSV export: no agent could do it' },
    'trouble',
    'Idle; the last requirement did not succeed.',
    ['the last requirement did not succeed: R4 CSV export: no agent could do it'],
  ],
  [
    'trying again',
    { activeRequirements: 1, running: 1, retrying: 1, failedTasks: 2 },
    'working',
    'Working on 1 requirement; nothing is needed from you.',
    ['1 run is in progress', '1 task is being tried again', '2 tasks have failed'],
  ],
]

describe('projectHealth', () => {
  it.each(table)('%s', (_what, facts, state, sentence, reasons) => {
    expect(projectHealth({ ...quiet, ...facts })).toEqual({ state, sentence, reasons })
  })

  it('never hides an open question behind "nothing is needed from you"', () => {
    const small = fc.nat(3)
    const facts = fc.record({
      requirements: fc.integer({ min: 1, max: 5 }),
      activeRequirements: small,
      running: small,
      ready: small,
      openDecisions: fc.integer({ min: 1, max: 4 }),
      oldestDecisionMinutes: fc.nat(5000),
      retrying: small,
      failedTasks: small,
      lastFailure: fc.option(fc.string()),
      quietMinutes: fc.option(fc.nat(5000)),
    })
    fc.assert(fc.property(facts, (given) => projectHealth(given).state === 'needs-you'))
  })
})
