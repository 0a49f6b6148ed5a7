import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { systemScope } from '#server/auth/gate'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization } from '#server/setup/testing'
import { dismissSignal } from './commands/judge'
import { signalWork } from './handlers'
import { makeSource, recordNewest, workInProgress } from './testing'

afterAll(stopQueue)

const signalsOf = (organizationId: string) =>
  database().signal.findMany({ where: { organizationId }, orderBy: { title: 'asc' } })

test('next actors who are late, failing agents and budgets near their limit are told once', async () => {
  const acme = await makeOrganization()
  const { organizationId, projectId } = acme
  const { agent, requirement, second, run } = await workInProgress(acme)
  const { id: _, ...copy } = run
  for (let number = 0; number < 5; number += 1) {
    const status = number === 0 ? 'finished' : 'failed'
    await database().run.create({
      data: {
        ...copy,
        prompt: {},
        result: undefined,
        agentSettings: undefined,
        id: randomUUID(),
        attempt: 10 + number,
        status,
        errorCode: status === 'failed' ? 'rate-limited' : null,
        endedAt: new Date(),
      },
    })
  }
  const budget = (level: string, ownerId: string, spentTokens: bigint) =>
    database().budget.upsert({
      where: { level_ownerId: { level, ownerId } },
      create: { organizationId, level, ownerId, limitTokens: 100n, spentTokens },
      update: { limitTokens: 100n, spentTokens },
    })
  await budget('requirement', requirement.id, 85n)
  await budget('project', projectId, 10n)
  await signalWork.watch()
  await signalWork.watch()
  // What the watchdog mends is told once it does not last.
  for (const [act, times] of [
    ['remind', 1],
    ['remind', 1],
    ['wait', 9],
    ['enqueue', 3],
    ['enqueue', 4],
  ] as const) {
    const payload = { noun: 'task', ref: 'T2', actor: 'person', reason: 'Ana answers.', act, done: 'reminds', times }
    const place = { projectId, requirementId: requirement.id, taskId: second.id }
    await transaction((tx) => append(tx, systemScope(organizationId), [{ type: 'actor.overdue', ...place, payload }]))
    await recordNewest(organizationId, 'actor.overdue')
  }
  const rows = await signalsOf(organizationId)
  expect(rows.map(({ title, kind, urgency, count }) => [title, kind, urgency, count])).toEqual([
    [`85 % of the budget of R${requirement.number} A cart is used`, 'decision_needed', 'today', 1],
    [`${agent.name}: 4 of 5 runs failed in the last 15 minutes`, 'quality_issue', 'now', 1],
    ['Late: T2 Part 2', 'decision_needed', 'now', 3],
  ])
  expect(rows[2]).toMatchObject({ routedTo: 'person', routedToId: acme.people.member.userId, action: 'notification' })
})

test('what somebody closed is not told again while it holds; with room again it is over, and then it is news', async () => {
  const acme = await makeOrganization()
  const { organizationId, projectId } = acme
  const use = async (spentTokens: bigint) => {
    await database().budget.upsert({
      where: { level_ownerId: { level: 'project', ownerId: projectId } },
      create: { organizationId, level: 'project', ownerId: projectId, limitTokens: 100n, spentTokens },
      update: { spentTokens },
    })
    await signalWork.watch()
    await signalWork.watch()
    const [row] = await signalsOf(organizationId)
    return row ? [row.status, row.round] : null
  }
  expect(await use(85n)).toEqual(['open', 1])
  const [signal] = await signalsOf(organizationId)
  await dismissSignal(acme.people.admin.scope, { signalId: signal?.id as string, reason: 'We know.' })
  expect(await use(90n)).toEqual(['closed', 1])
  expect(await use(20n)).toEqual(['closed', 1])
  expect(await use(85n)).toEqual(['open', 2])
  // Reservations come and go: that is no end.
  expect(await use(75n)).toEqual(['open', 2])
  expect(await use(20n)).toEqual(['closed', 2])
  expect(await use(85n)).toEqual(['open', 3])
})

test('an agent that is still ill is not told again when somebody closed that', async () => {
  const acme = await makeOrganization()
  const { organizationId } = acme
  const { run } = await workInProgress(acme)
  const { id: _, ...copy } = run
  const json = { prompt: {}, result: undefined, agentSettings: undefined }
  const lost = { status: 'failed', errorCode: 'rate-limited', endedAt: new Date() }
  await database().run.createMany({
    data: [1, 2, 3, 4].map((number) => ({ ...copy, ...json, ...lost, id: randomUUID(), attempt: 10 + number })),
  })
  await signalWork.watch()
  const [signal] = await signalsOf(organizationId)
  expect(signal).toMatchObject({ status: 'open', kind: 'quality_issue' })
  await dismissSignal(acme.people.admin.scope, { signalId: signal?.id as string, reason: 'We know.' })
  await signalWork.watch()
  expect(await signalsOf(organizationId)).toMatchObject([{ status: 'closed', round: 1 }])
})

test('that somebody was late is over when the requirement has ended', async () => {
  const acme = await makeOrganization()
  const { organizationId, projectId } = acme
  const { requirement, second } = await workInProgress(acme)
  const tell = async (type: string, payload: object, taskId?: string) => {
    const event = { type, projectId, requirementId: requirement.id, taskId, payload }
    await transaction((tx) => append(tx, systemScope(organizationId), [event]))
    await recordNewest(organizationId, type)
  }
  const late = { noun: 'task', ref: 'T2', actor: 'person', reason: 'Ana answers.', act: 'remind', done: 'reminds' }
  await tell('actor.overdue', { ...late, times: 1 }, second.id)
  expect(await signalsOf(organizationId)).toMatchObject([{ status: 'open', title: 'Late: T2 Part 2' }])
  await tell('requirement.cancelled', { reason: 'Not needed.' })
  const [signal] = await signalsOf(organizationId)
  expect(signal).toMatchObject({ status: 'closed', closedWhy: 'It is over: its requirement has ended.' })
})

test('payloads are forgotten after thirty days, what became of them is not', async () => {
  const acme = await makeOrganization()
  const source = await makeSource(acme, 'generic')
  const delivery = (days: number) =>
    database().inboundDelivery.create({
      data: {
        ...{
          organizationId: acme.organizationId,
          projectId: acme.projectId,
          sourceId: source.id,
          deliveryId: randomUUID(),
        },
        ...{ payload: Buffer.from('{}'), bytes: 2, status: 'processed', outcome: 'Became a signal.' },
        receivedAt: new Date(Date.now() - days * 24 * 3600_000),
      },
    })
  const [old, young] = [await delivery(31), await delivery(29)]
  await signalWork.forget()
  const now = (id: string) => database().inboundDelivery.findUniqueOrThrow({ where: { id } })
  expect(await now(old.id)).toMatchObject({ payload: null, outcome: 'Became a signal.' })
  expect((await now(young.id)).payload).not.toBeNull()
})
