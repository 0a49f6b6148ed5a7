import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Features } from '../model'
import { type Backtest, backtest, refusals } from './backtest'
import { blocksOf, delayMs } from './blocks'
import { calibrator } from './calibration'
import { wordsOf } from './features'
import { holdMs, isAsked, isEffective, undoMs } from './lifecycle'
import { linkRefusal, linkState } from './link'
import { madeHistory, madeRule } from './made-history'
import { mayAnswerItself, mustDemote, predict } from './precedent'
import { similarity } from './similarity'

const situation: Features = {
  kind: 'task_failed',
  options: ['cancel', 'retry', 'skip'],
  recommended: 'skip',
  projectId: 'shop',
  capability: 'code',
  risk: 'low',
  agentRole: 'implementer',
  errorClass: 'overloaded',
  mark: null,
  attempt: 1,
  costMicroUsd: 20_000,
  blockedTasks: 3,
  words: wordsOf('T3 "Store tasks" did not succeed with any agent. What now?'),
}
const past = (option: string, more: Partial<Features> = {}) => ({
  decisionId: option,
  question: 'An earlier one',
  answeredBy: 'Ana',
  option,
  features: { ...situation, ...more },
})

describe('similarity', () => {
  const features = fc.record({
    kind: fc.constant('task_failed'),
    options: fc.constant<string[]>(['retry', 'skip']),
    recommended: fc.option(fc.constantFrom('retry', 'skip')),
    projectId: fc.option(fc.constantFrom('a', 'b')),
    capability: fc.option(fc.constantFrom('code', 'reasoning')),
    risk: fc.option(fc.constantFrom('low', 'high')),
    agentRole: fc.option(fc.constantFrom('implementer')),
    errorClass: fc.option(fc.constantFrom('overloaded', 'refused')),
    mark: fc.option(fc.constantFrom('x', 'y')),
    attempt: fc.option(fc.integer({ min: 0, max: 9 })),
    costMicroUsd: fc.option(fc.nat(10_000_000)),
    blockedTasks: fc.option(fc.nat(500)),
    words: fc.array(fc.constantFrom<string[]>('one', 'two', 'three'), { maxLength: 3 }),
  })
  test('is 1 with itself, between 0 and 1 with others, the same both ways, 0 across kinds', () => {
    fc.assert(
      fc.property(features, features, (a, b) => {
        expect(similarity(a, a)).toBeCloseTo(1)
        const alike = similarity(a, b)
        expect(alike).toBeGreaterThanOrEqual(0)
        expect(alike).toBeLessThanOrEqual(1 + 1e-9)
        expect(similarity(b, a)).toBeCloseTo(alike)
        expect(similarity(a, { ...b, kind: 'no_agent' })).toBe(0)
      }),
    )
  })
  test('numbers and names of single things do not tell two questions apart', () => {
    expect(wordsOf('T3 "Store" did not succeed. What now?')).toEqual(wordsOf('T12 "Store" did not succeed: what now?'))
  })
})

describe('calibrator', () => {
  const scored = fc.array(fc.record({ raw: fc.double({ min: 0, max: 1, noNaN: true }), correct: fc.boolean() }))
  test('never falls while the score rises, and stays between 0 and 1', () => {
    fc.assert(
      fc.property(scored, (earlier) => {
        const confidence = calibrator(earlier)
        const values = [0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1].map(confidence)
        for (const [index, value] of values.entries()) {
          expect(value).toBeGreaterThanOrEqual(index === 0 ? 0 : (values[index - 1] as number) - 1e-9)
          expect(value).toBeLessThanOrEqual(1 + 1e-9)
        }
      }),
    )
  })
  test('says what came true before', () => {
    const earlier = Array.from({ length: 200 }, (_, index) => ({ raw: 0.9, correct: index % 2 === 0 }))
    expect(calibrator(earlier)(0.9)).toBeCloseTo(0.5, 1)
    expect(calibrator([])(0.7)).toBe(0.7)
  })
})

describe('predict', () => {
  test('too few similar cases predict nothing', () => {
    expect(predict(situation, [past('retry'), past('retry'), past('retry')], [])).toBeNull()
    const others = Array.from({ length: 9 }, () => past('retry', { kind: 'no_agent' }))
    expect(predict(situation, others, [])).toBeNull()
  })
  test('an option that is not offered now is never predicted', () => {
    const cases = Array.from({ length: 9 }, () => past('reassign'))
    expect(predict(situation, cases, [])).toBeNull()
  })
  test('names the most similar cases first, and never claims certainty', () => {
    const cases = [
      ...Array.from({ length: 6 }, () => past('retry')),
      past('skip', { errorClass: 'refused', attempt: 4 }),
    ]
    const prediction = predict(situation, cases, [])
    expect(prediction).toMatchObject({ option: 'retry', compared: 7 })
    expect(prediction?.cases[0]).toMatchObject({ option: 'retry', similarity: 1 })
    expect(prediction?.confidence).toBeLessThan(1)
  })
})

describe('backtest', () => {
  const reports = new Map<string, Backtest>()
  const of = (noise: number, seed: number, count = 500, threshold = 0.8) => {
    const key = [noise, seed, count, threshold].join()
    const known = reports.get(key) ?? backtest(madeHistory({ count, seed, noise }), threshold)
    reports.set(key, known)
    return known
  }

  test('a stated rule is learnt, and answering by itself is allowed', () => {
    const report = of(0.1, 1)
    expect(report.decisions).toBe(500)
    expect(report.agreement).toBeGreaterThan(0.75)
    expect(report.agreementWhenAnswered).toBeGreaterThan(report.agreement)
    expect(report.coverage).toBeGreaterThan(0.4)
    expect(report.calibrationError).toBeLessThan(0.1)
    expect(report.agreement).toBeGreaterThan(report.commonestAgreement + 0.2)
    expect(refusals(report)).toEqual([])
  })

  test.each([
    [0.1, 1],
    [0.1, 2],
    [0.3, 3],
    [0.5, 4],
  ])('with noise %s (seed %s) nobody agrees more often than the noise lets them: no future leaks in', (noise, seed) => {
    const report = of(noise, seed)
    const ceiling = 1 - noise
    const deviation = Math.sqrt((ceiling * noise) / report.predicted)
    expect(report.agreement).toBeLessThanOrEqual(ceiling + 2 * deviation)
    const sure = report.reliability.reduce((sum, row) => sum + row.count * row.confidence, 0) / report.predicted
    expect(sure).toBeLessThanOrEqual(ceiling + 0.03)
  })

  test('what was answered by chance is refused, and says why', () => {
    const report = of(2 / 3, 5)
    expect(Math.abs(report.agreement - 1 / 3)).toBeLessThan(0.08)
    expect(refusals(report)).not.toEqual([])
  })

  test.each([
    ['too few decisions', of(0, 1, 30), /30 decisions are recorded/],
    ['the threshold is out of reach', of(0.3, 1, 300, 0.95), /threshold/],
    ['agreement below the threshold', { ...of(0.1, 1), agreementAtLeast: 0.7 }, /at least 70\.0 %/],
    ['confidence that is off', { ...of(0.1, 1), calibrationError: 0.2 }, /off by 20\.0 %/],
  ])('%s is refused', (_name, report, words) => {
    expect(refusals(report).join(' ')).toMatch(words)
  })

  test('the made-up team without noise follows its rule', () => {
    for (const { features, option } of madeHistory({ count: 100, seed: 8, noise: 0 })) {
      expect(option).toBe(madeRule(features))
    }
  })
})

describe('answering by itself', () => {
  const prediction = { option: 'retry', confidence: 0.92, raw: 0.9, compared: 50, cases: [] }
  test.each([
    ['auto', 0.9, true, true],
    ['auto', 0.95, true, false],
    ['auto', 0.9, false, false],
    ['auto', 0.9, null, false],
    ['propose', 0.9, true, false],
    ['off', 0.9, true, false],
  ])('mode %s, threshold %s, reversible %s: %s', (mode, threshold, reversible, expected) => {
    expect(mayAnswerItself(prediction, { mode, threshold }, { reversible })).toBe(expected)
  })
  test('an option that is gone is never taken', () => {
    expect(mayAnswerItself(prediction, { mode: 'auto', threshold: 0.5 }, undefined)).toBe(false)
  })
  test.each([
    [1, 1, true],
    [5, 1, true],
    [6, 1, false],
    [20, 1, false],
    [20, 2, true],
    [20, 0, false],
  ])('of %s answers %s taken back: demoted %s', (answered, undone, expected) => {
    expect(mustDemote({ answered, undone })).toBe(expected)
  })
})

describe('lifecycle', () => {
  test.each([
    ['agent_question', true, 'page', 0, 10_000],
    ['agent_question', null, 'link', 0, 10_000],
    ['task_failed', false, 'page', 10_000, 10_000],
    ['signal', true, 'page', 10_000, 10_000],
    ['plan_approval', true, 'precedent', 60_000, 900_000],
    ['sandbox_missing', true, 'default', 0, 900_000],
  ] as const)('%s, reversible %s, via %s: held %s ms, undo for %s ms', (kind, reversible, via, held, undo) => {
    expect([holdMs(kind, { reversible }, via), undoMs(kind, { reversible }, via)]).toEqual([held, undo])
  })
  test('a held answer does not count yet', () => {
    const at = new Date('2026-11-25T12:00:10Z')
    const answered = { status: 'answered', effectiveAt: at }
    expect(isEffective(answered, new Date(at.getTime() - 1))).toBe(false)
    expect(isEffective(answered, at)).toBe(true)
    expect(isEffective({ status: 'open', effectiveAt: null }, at)).toBe(false)
  })
  test('programs never answer for named people', () => {
    const token = { role: 'admin' as const, actor: { kind: 'token', id: 'ana' } }
    expect(isAsked({ answerRole: 'member', answererIds: [] }, token)).toBe(true)
    expect(isAsked({ answerRole: 'member', answererIds: ['ana'] }, token)).toBe(false)
  })
})

describe('links', () => {
  const now = new Date('2026-11-25T12:00:00Z')
  const link = {
    version: 1,
    expiresAt: new Date('2026-11-26T12:00:00Z'),
    revokedAt: null,
    mayAnswer: true,
    decision: { status: 'open', version: 1 },
  }
  test.each([
    [{}, 'open'],
    [{ decision: { status: 'answered', version: 1 } }, 'answered'],
    [{ decision: { status: 'withdrawn', version: 1 } }, 'withdrawn'],
    [{ decision: { status: 'expired', version: 1 } }, 'decision-expired'],
    [{ decision: { status: 'open', version: 2 } }, 'outdated'],
    [{ expiresAt: now }, 'expired'],
    [{ revokedAt: now }, 'revoked'],
    [{ mayAnswer: false }, 'powerless'],
    [{ revokedAt: now, decision: { status: 'answered', version: 1 } }, 'revoked'],
  ])('%j is %s', (more, state) => {
    expect(linkState({ ...link, ...more }, now)).toBe(state)
  })
  test.each([
    ['nobody', true, null],
    ['nobody', null, null],
    ['nobody', false, 'sign-in-first'],
    ['owner', false, null],
    ['somebody-else', true, 'link-for-another'],
    ['somebody-else', false, 'link-for-another'],
  ] as const)('%s, reversible %s: %s', (viewer, reversible, refusal) => {
    expect(linkRefusal(viewer, reversible)).toBe(refusal)
  })
})

describe('blocksOf', () => {
  const tasks = [
    { id: 'a', ref: 'T1', rank: 300, dependsOn: [], finished: false },
    { id: 'b', ref: 'T2', rank: 200, dependsOn: ['a'], finished: false },
    { id: 'c', ref: 'T3', rank: 500, dependsOn: [], finished: false },
    { id: 'd', ref: 'T4', rank: 900, dependsOn: [], finished: true },
  ]
  test('a task off the longest path has slack, one on it has none', () => {
    expect(blocksOf('a', tasks)).toEqual({ tasks: 2, refs: ['T1', 'T2'], pathMs: 300, slackMs: 200 })
    expect(blocksOf('c', tasks)).toEqual({ tasks: 1, refs: ['T3'], pathMs: 500, slackMs: 0 })
    expect(blocksOf(null, tasks)).toMatchObject({ tasks: 3, pathMs: 500, slackMs: 0 })
  })
  test('what waits is named as people count, whatever order it comes in', () => {
    const named = ['T10', 'T9', 'T2'].map((ref) => ({ id: ref, ref, rank: 0, dependsOn: [], finished: false }))
    expect(blocksOf(null, named).refs).toEqual(['T2', 'T9', 'T10'])
  })
  test('without ranks nothing is claimed about time', () => {
    const unranked = tasks.map((task) => ({ ...task, rank: 0 }))
    expect(blocksOf('a', unranked)).toMatchObject({ tasks: 2, pathMs: null, slackMs: null })
    expect(delayMs({ slackMs: null }, 1_000)).toBeNull()
  })
  test('the wait counts from where the slack ends', () => {
    expect(delayMs({ slackMs: 200 }, 150)).toBe(0)
    expect(delayMs({ slackMs: 200 }, 500)).toBe(300)
  })
})
