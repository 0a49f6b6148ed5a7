import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Scope } from '#server/auth/model'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { answerDecision } from './commands'
import { predictionSchema } from './model'
import { changePrecedents, precedentOverview } from './precedents'
import { wordsOf } from './rules/features'
import { madeHistory } from './rules/made-history'
import { undoAnswer } from './take-back'
import { raiseTestDecision } from './testing'

const QUESTION = 'T9 "Store" did not succeed with any agent. What now?'

let acme: TestOrganization
let admin: Scope
let member: Scope

beforeAll(async () => {
  acme = await makeOrganization()
  admin = acme.people.admin.scope
  member = acme.people.member.scope
})
afterAll(stopQueue)

/** Recorded decisions of a made-up team, as rows. */
async function record(organization: TestOrganization, given: { count: number; seed: number; noise: number }) {
  const { organizationId, projectId } = organization
  const start = Date.now() - given.count * 60_000
  await database().decision.createMany({
    data: madeHistory(given).map(({ features, option, answeredBy }, index) => ({
      organizationId,
      projectId,
      kind: features.kind,
      question: 'A task did not succeed. What now?',
      options: features.options.map((id) => ({ id, label: id, consequence: '', reversible: id === 'retry' })),
      recommended: 'skip',
      dedupeKey: randomUUID(),
      status: 'answered',
      answer: option,
      answeredBy,
      answeredVia: 'page',
      answeredAt: new Date(start + index * 60_000),
      features: { ...features, words: wordsOf(QUESTION) },
    })),
  })
}

const raiseOverloaded = (scope: Scope, projectId: string) =>
  raiseTestDecision(scope, projectId, {
    kind: 'task_failed',
    question: QUESTION,
    options: ['retry', 'skip', 'cancel'].map((id) => ({ id, label: id, consequence: '', reversible: id === 'retry' })),
    recommended: 'skip',
    features: { errorClass: 'overloaded', attempt: 2, agentRole: 'implementer', costMicroUsd: 20_000 },
  })

test('without a history it can’t be switched on, and the refusal carries the figures', async () => {
  const refused = changePrecedents(admin, { kind: 'task_failed', mode: 'auto', threshold: 0.8 })
  await expect(refused).rejects.toMatchObject({ code: 'backtest-refused', details: { report: { decisions: 0 } } })
})

test('a history at random is refused', async () => {
  const other = await makeOrganization('Random')
  await record(other, { count: 200, seed: 1, noise: 2 / 3 })
  const scope = other.people.admin.scope
  await expect(changePrecedents(scope, { kind: 'task_failed', mode: 'auto', threshold: 0.8 })).rejects.toMatchObject({
    code: 'backtest-refused',
  })
  expect((await precedentOverview(scope)).find((row) => row.kind === 'task_failed')).toMatchObject({
    mode: 'propose',
    decisions: 200,
  })
})

test('a rule is accepted; then it answers by itself, marked and held for a minute; two taken back, and people decide again', async () => {
  await record(acme, { count: 250, seed: 2, noise: 0.05 })
  const proposed = await raiseOverloaded(member, acme.projectId)
  const before = await database().decision.findUniqueOrThrow({ where: { id: proposed.id } })
  expect(before.status).toBe('open')
  expect(predictionSchema.parse(before.prediction)).toMatchObject({ option: 'retry', compared: 250 })
  const { report } = await changePrecedents(admin, { kind: 'task_failed', mode: 'auto', threshold: 0.8 })
  expect(report.agreementWhenAnswered).toBeGreaterThanOrEqual(0.8)

  const answered = await raiseOverloaded(member, acme.projectId)
  expect(answered.status).toBe('answered')
  const row = await database().decision.findUniqueOrThrow({ where: { id: answered.id } })
  expect(row).toMatchObject({ answer: 'retry', answeredVia: 'precedent', answeredBy: 'Orchestrator' })
  expect((row.effectiveAt?.getTime() ?? 0) - (row.answeredAt?.getTime() ?? 0)).toBe(60_000)
  expect(row.comment).toMatch(/By precedent: \d of the \d most similar/)
  const told = await database().event.findMany({ where: { decisionId: answered.id }, orderBy: { sequence: 'asc' } })
  expect(told.map((event) => event.type)).toEqual(['decision.raised', 'decision.predicted', 'decision.answered'])

  await undoAnswer(member, { decisionId: answered.id })
  const policy = () => database().precedentPolicy.findFirstOrThrow({ where: { organizationId: acme.organizationId } })
  expect(await policy()).toMatchObject({ mode: 'propose', demotedReason: expect.stringMatching(/1 of the last 1/) })
  expect(await database().event.count({ where: { type: 'precedent.demoted' } })).toBe(1)
  expect((await raiseOverloaded(member, acme.projectId)).status).toBe('open')
})

test('what precedents answered never becomes a precedent, and what was taken back neither', async () => {
  const mine = await makeOrganization('Own')
  const { id } = await raiseTestDecision(mine.people.member.scope, mine.projectId, { kind: 'task_failed' })
  await answerDecision(mine.people.member.scope, { decisionId: id, option: 'file', comment: '', via: 'page' })
  await database().decision.update({ where: { id }, data: { answeredVia: 'precedent' } })
  const count = async () =>
    (await precedentOverview(mine.people.admin.scope)).find((row) => row.kind === 'task_failed')?.decisions
  expect(await count()).toBe(0)
  await database().decision.update({ where: { id }, data: { answeredVia: 'page' } })
  expect(await count()).toBe(1)
  await undoAnswer(mine.people.member.scope, { decisionId: id }).catch(() => undefined)
})

test('an irreversible answer is never given by precedent, however sure', async () => {
  const strict = await makeOrganization('Strict')
  await record(strict, { count: 250, seed: 2, noise: 0.05 })
  await changePrecedents(strict.people.admin.scope, { kind: 'task_failed', mode: 'auto', threshold: 0.8 })
  const raised = await raiseTestDecision(strict.people.member.scope, strict.projectId, {
    kind: 'task_failed',
    question: QUESTION,
    options: ['retry', 'skip', 'cancel'].map((id) => ({ id, label: id, consequence: '', reversible: false })),
    recommended: 'skip',
    features: { errorClass: 'overloaded', attempt: 2 },
  })
  expect(raised.status).toBe('open')
})
