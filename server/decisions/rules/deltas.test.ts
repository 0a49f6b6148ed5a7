import { expect, test } from 'vitest'
import type { DecisionKind } from '../model'
import { type Expectations, total, withDeltas } from './deltas'

const facts: Expectations = {
  attempt: { microUsd: 200_000, ms: 300_000 },
  plan: { microUsd: 50_000, ms: 60_000 },
  whole: { microUsd: 900_000, ms: 1_200_000 },
  requirement: { microUsd: 700_000, ms: 2_000_000 },
  branchMicroUsd: 600_000,
  restMicroUsd: 800_000,
  slackMs: 100_000,
}
const nothing: Expectations = {
  ...{ attempt: { microUsd: null, ms: null }, plan: { microUsd: null, ms: null }, whole: { microUsd: null, ms: null } },
  ...{ requirement: { microUsd: null, ms: null }, branchMicroUsd: null, restMicroUsd: null, slackMs: null },
}
const option = (id: string) => ({ id, label: id, consequence: '', reversible: true })
const deltaOf = (kind: DecisionKind, id: string, known: Expectations, ofTask = true) => {
  const [made] = withDeltas(kind, [option(id)], known, ofTask)
  return [made?.costMicroUsd, made?.timeMs]
}

test.each<[DecisionKind, string, Partial<Expectations>, number | undefined, number | undefined]>([
  ['task_failed', 'retry', {}, 200_000, 200_000],
  ['task_failed', 'retry', { slackMs: 900_000 }, 200_000, 0],
  ['task_failed', 'retry', { slackMs: null }, 200_000, 300_000],
  ['task_failed', 'skip', {}, -600_000, undefined],
  ['task_failed', 'cancel', {}, -800_000, undefined],
  ['merge_conflict', 'retry', {}, 200_000, 200_000],
  ['no_agent', 'retry', {}, 200_000, 200_000],
  ['no_agent', 'accept', {}, undefined, undefined],
  ['sandbox_missing', 'retry', {}, undefined, undefined],
  ['sandbox_missing', 'skip', {}, -600_000, undefined],
  ['plan_approval', 'approve', {}, 900_000, 1_200_000],
  ['plan_approval', 'revise', {}, 50_000, 60_000],
  ['plan_approval', 'cancel', {}, undefined, undefined],
  ['plan_failed', 'retry', {}, 50_000, 60_000],
  ['budget_wall', 'raise', {}, undefined, undefined],
  ['budget_wall', 'stop', {}, -800_000, undefined],
  ['signal', 'send_back', {}, 200_000, 200_000],
  ['signal', 'fix', {}, 700_000, undefined],
  ['signal', 'hold_fix', {}, 700_000, 2_000_000],
  ['signal', 'ignore', {}, undefined, undefined],
  ['agent_question', 'retry', {}, undefined, undefined],
])('%s, %s, %o: %d millionths of a dollar, %d ms; and nothing when nothing is known', (kind, id, more, cost, time) => {
  expect(deltaOf(kind, id, { ...facts, ...more })).toEqual([cost, time])
  expect(deltaOf(kind, id, nothing)).toEqual([undefined, undefined])
})

test('nobody for the plan is about the plan', () => {
  expect(deltaOf('no_agent', 'retry', facts, false)).toEqual([50_000, 60_000])
})

test('what is said already stays', () => {
  const said = { ...option('retry'), costMicroUsd: 1, timeMs: 2 }
  expect(withDeltas('task_failed', [said], facts, true)).toEqual([said])
})

test.each<[(number | null)[], number | null]>([
  [[], 0],
  [[1, 2], 3],
  [[1, null], null],
])('the total of %j is %s', (parts, sum) => expect(total(parts)).toBe(sum))
