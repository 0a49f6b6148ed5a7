import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Actor } from '#server/auth/model'
import { flow } from '#server/flow'
import { describedTypes, describeEvent } from './describe'

const ana: Actor = { kind: 'user', id: 'u1', name: 'Ana' }
const system: Actor = { kind: 'system', id: null, name: 'Orchestrator' }
const names = { requirement: 'R1 Task board', task: 'T2 Store' }

describe('describeEvent', () => {
  test.each([
    ['requirement.submitted', ana, { title: 'Task board' }, 'Ana submitted Task board', 'neutral'],
    [
      'requirement.cancelled',
      ana,
      { reason: 'no longer wanted' },
      'Ana cancelled R1 Task board: no longer wanted',
      'neutral',
    ],
    ['requirement.closed', system, { status: 'done' }, 'R1 Task board is done', 'good'],
    ['requirement.closed', system, { status: 'failed', reason: 'no agent' }, 'R1 Task board failed: no agent', 'bad'],
    ['plan.proposed', ana, { revision: 2, tasks: 5 }, 'Ana proposed plan 2 for R1 Task board with 5 tasks', 'neutral'],
    [
      'notification.sent',
      system,
      { people: 1, channels: ['in-app', 'email'], title: 'Task board is done' },
      '1 person was told by e-mail: Task board is done',
      'neutral',
    ],
    [
      'notification.sent',
      system,
      { people: 2, channels: ['in-app'], kept: ['email'], title: 'Task board is done' },
      '2 people were told; no e-mail went out, without a mail server: Task board is done',
      'neutral',
    ],
    ['plan.proposed', ana, {}, 'Ana proposed plan for R1 Task board', 'neutral'],
    ['task.started', system, { agent: 'Codex' }, 'T2 Store went to Codex', 'running'],
    [
      'run.failed',
      system,
      { purpose: 'implement', message: 'rate limited' },
      'Work failed on T2 Store: rate limited',
      'bad',
    ],
    ['proof.recorded', system, { passed: 3, failed: 0 }, 'The checks of T2 Store passed (3)', 'good'],
    [
      'merge.ended',
      system,
      { status: 'conflict', detail: 'store.js' },
      'T2 Store conflicts with what was merged before: store.js',
      'bad',
    ],
    [
      'decision.answered',
      ana,
      { label: 'In memory', question: 'Where?' },
      'Ana answered “In memory” to: Where?',
      'good',
    ],
    ['proof.recorded', system, { passed: 2, failed: 1 }, 'The checks of T2 Store: 1 of 3 did not pass', 'bad'],
    [
      'member.invited',
      ana,
      { email: 'bo@example.org', role: 'viewer' },
      'Ana invited bo@example.org as viewer',
      'neutral',
    ],
    ['member.joined', ana, { name: 'Bo', role: 'viewer' }, 'Bo joined as viewer', 'good'],
    [
      'member.role-changed',
      ana,
      { name: 'Bo', from: 'viewer', to: 'member' },
      'Ana changed the role of Bo from viewer to member',
      'neutral',
    ],
    ['deploy.rolled-back', ana, null, 'Ana: deploy rolled back', 'neutral'],
    ['constructor', ana, {}, 'Ana: constructor', 'neutral'],
  ] as const)('%s', (type, actor, payload, text, tone) => {
    expect(describeEvent({ type, actor, payload, names })).toEqual({ text, tone })
  })

  test('every event that sets something in motion has a sentence of its own', () => {
    expect(Object.keys(flow).filter((type) => !describedTypes.includes(type))).toEqual([])
  })

  test('any type with any payload gives a sentence', () => {
    const type = fc.oneof(fc.constantFrom(...describedTypes), fc.string())
    fc.assert(
      fc.property(type, fc.jsonValue(), (given, payload) => {
        const { text } = describeEvent({ type: given, actor: ana, payload })
        expect(text.length).toBeGreaterThan(0)
        expect(text).not.toContain('undefined')
        expect(text).not.toContain('[object')
      }),
    )
  })
})
