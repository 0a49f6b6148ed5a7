import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changeBudget, setModelPrice } from '#server/budgets/commands'
import { reserveForSignal, settleForSignal } from '#server/budgets/reservations'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { until } from '#server/platform/queue/testing'
import { app } from '#server/rest/app'
import { addSource } from '#server/signals/commands/sources'
import { bearer } from '#server/signals/testing'
import { makeProject, startEngine } from './testing'

let engine: Awaited<ReturnType<typeof startEngine>>
beforeAll(async () => {
  setEnvironmentVariable('ORCHESTRATOR_KEY', randomBytes(32).toString('base64'))
  engine = await startEngine({ 'priced-analyst': 'scripted-analyst' })
})
afterAll(() => engine?.stop())

async function setting() {
  const { scope, projectId } = await makeProject('automatic')
  const source = await addSource(scope, { projectId, kind: 'generic', label: 'Our own tool' })
  /** A payload over HTTP, until its signal is routed to somebody. */
  const report = async (title: string) => {
    const body = JSON.stringify({ title, text: 'As our tool saw it.' })
    const response = await app.request(source.path, { method: 'POST', body, headers: bearer(source.secret) })
    expect(response.status).toBe(202)
    return until(async () => {
      const signal = await database().signal.findFirst({ where: { projectId, title } })
      return signal && signal.routedWhy !== '' && !signal.routedWhy.startsWith('An agent is asked') ? signal : null
    })
  }
  const budget = () => database().budget.findFirstOrThrow({ where: { level: 'project', ownerId: projectId } })
  return { scope, projectId, report, budget }
}

test('what no rule knows is judged by the scripted agent over its wire, says so, is paid from the budget, and is routed', async () => {
  const { scope, projectId, report, budget } = await setting()
  const signal = await report('The nightly export failed again')
  expect(signal).toMatchObject({
    ...{ classifiedBy: 'agent', scripted: true, ruleId: 'agent:analyst', kind: 'quality_issue', urgency: 'today' },
    ...{ routedTo: 'group', action: 'proposal', status: 'open' },
  })
  expect(signal.classifiedWhy).toBe(
    'Analyst (scripted) judged so: [scripted] The word “failed” stands for something wrong.',
  )
  const undecided = { organizationId: scope.organizationId, type: 'signal.undecided' }
  expect(await database().event.count({ where: undecided })).toBe(1)
  const asked = engine.scripted.journal().filter((entry) => entry.purpose === 'triage')
  expect(asked.map(({ wire, status }) => [wire, status])).toEqual([['anthropic', 200]])
  const [reservation, ...more] = await database().reservation.findMany({ where: { signalId: signal.id } })
  expect(more).toEqual([])
  expect(reservation).toMatchObject({ status: 'settled', projectId, runId: null, usedMicroUsd: null })
  const used = reservation?.usedTokens as bigint
  expect(used).toBeGreaterThan(100n)
  expect(await budget()).toMatchObject({ spentTokens: used, reservedTokens: 0n, spentMicroUsd: 0n })
})

test('a used-up budget keeps the agent from being asked: people judge, and are told why', async () => {
  const { scope, projectId, report, budget } = await setting()
  await changeBudget(scope, { level: 'project', ownerId: projectId, tokens: 1_000 })
  const before = engine.scripted.journal().length
  const signal = await report('Something about the invoices')
  expect(signal).toMatchObject({ classifiedBy: 'rule', ruleId: 'no-rule', kind: 'decision_needed', routedTo: 'group' })
  expect(signal.classifiedWhy).toBe(
    'No rule knows it, and the budget of the project does not leave an agent room to say: too few tokens are left.',
  )
  expect(engine.scripted.journal()).toHaveLength(before)
  expect(await budget()).toMatchObject({ spentTokens: 0n, reservedTokens: 0n })
})

test('with a live provider the price counts, in money', async () => {
  const { scope, projectId, report, budget } = await setting()
  const model = 'priced-analyst'
  await database().agent.updateMany({
    where: { organizationId: scope.organizationId, role: 'analyst' },
    data: { model },
  })
  await database().project.update({ where: { id: projectId }, data: { providerMode: 'live' } })
  await setModelPrice(scope, { model, input: 1, output: 2, cacheRead: 1, cacheWrite: 1 })
  await changeBudget(scope, { level: 'project', ownerId: projectId, microUsd: 1_000_000 })
  const signal = await report('The export is broken')
  expect(signal).toMatchObject({ classifiedBy: 'agent', classifiedWhy: expect.stringContaining('Analyst judged') })
  const reservation = await database().reservation.findFirstOrThrow({ where: { signalId: signal.id } })
  expect(reservation).toMatchObject({ status: 'settled', priceId: expect.stringMatching(/^own:/) })
  expect(reservation.usedMicroUsd).toBeGreaterThan(0n)
  expect(reservation.usedMicroUsd).toBeLessThan(reservation.microUsd as bigint)
  expect(await budget()).toMatchObject({ spentMicroUsd: reservation.usedMicroUsd, reservedMicroUsd: 0n })
})

test('many at once never take more than is there, and what is given back is there again', async () => {
  const { scope, projectId, budget } = await setting()
  await changeBudget(scope, { level: 'project', ownerId: projectId, tokens: 10_500 })
  const { organizationId } = scope
  const signal = await database().signal.create({
    data: {
      ...{ organizationId, projectId, kind: 'quality_issue', urgency: 'today', impact: 'project', title: 'x' },
      ...{ source: 'generic', fingerprint: crypto.randomUUID() },
    },
  })
  const worst = { microUsd: null, tokens: 1_000, ms: 1_000, priceId: null }
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => reserveForSignal(signal.id, worst, true)))
  const reserved = outcomes.flatMap((outcome) => (outcome.kind === 'reserved' ? [outcome.reservationId] : []))
  expect(reserved).toHaveLength(10)
  expect(outcomes.find(({ kind }) => kind === 'wall')).toMatchObject({ reason: 'tokens' })
  for (const id of [...reserved, ...reserved]) {
    await settleForSignal(id, { microUsd: null, tokens: 500, ms: 10, estimated: false })
  }
  expect(await budget()).toMatchObject({ spentTokens: 5_000n, reservedTokens: 0n })
})
