/** Questions that signals ask: whom held work waits for, and how they end when nobody answers. */
import { afterAll, beforeEach, expect, test } from 'vitest'
import { systemScope } from '#server/auth/gate'
import { settleDecisions } from '#server/decisions/handlers'
import { delegateDecision } from '#server/decisions/handling'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { stopQueue } from '#server/platform/queue/queue'
import { advance } from '#server/scheduler/advance'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { type NewSource, setPolicy } from './commands/sources'
import { actOnSignal } from './handlers'
import { deliverTo, failure, makeSource, workInProgress } from './testing'

let acme: TestOrganization
let github: NewSource
/** An organization of its own for each test: signals of one must not group with those of another. */
beforeEach(async () => {
  acme = await makeOrganization()
  github = await makeSource(acme, 'github')
})
afterAll(stopQueue)

const db = database
const deliver = (body: unknown) => deliverTo(acme, github, 'github', { event: 'workflow_run', body })
const failed = (more: object) => ({ ...failure, workflow_run: { ...failure.workflow_run, ...more } })
const only = () => db().signal.findFirstOrThrow({ where: { organizationId: acme.organizationId } })
const events = (type: string) => db().event.count({ where: { organizationId: acme.organizationId, type } })

test('held work names the person to whom its question was handed', async () => {
  const { requirement, second } = await workInProgress(acme)
  await deliver(failure)
  const { decisionId } = await only()
  const { userId, scope } = acme.people.admin
  await delegateDecision(scope, { decisionId: decisionId as string, userId })
  const handed = { nextActor: 'person', nextActorId: decisionId, nextActorName: 'A admin' }
  const task = () => db().task.findUniqueOrThrow({ where: { id: second.id } })
  expect(await task()).toMatchObject(handed)
  expect((await task()).nextReason).toMatch(/^Waits for the answer of A admin: CI failed/)
  await transaction((tx) => advance(tx, systemScope(acme.organizationId), requirement.id))
  expect(await task()).toMatchObject(handed)
})

test('a question that no work waits for expires after a week and closes its signal; the next failure asks again', async () => {
  await workInProgress(acme)
  const policy = { external: 'ask', internal: 'ask', holdWork: false, agentCallsPerDay: 0 } as const
  await setPolicy(acme.people.admin.scope, { projectId: acme.projectId, ...policy })
  await deliver(failure)
  const { id, decisionId } = await only()
  const question = () => db().decision.findUniqueOrThrow({ where: { id: decisionId as string } })
  const days = ((await question()).deadline as Date).getTime() - Date.now()
  expect(days / (24 * 3600_000)).toBeCloseTo(7, 1)
  await db().decision.update({ where: { id: decisionId as string }, data: { deadline: new Date(0) } })
  await settleDecisions()
  expect(await question()).toMatchObject({ status: 'expired', nextActor: 'nobody' })
  expect(await events('decision.expired')).toBe(1)
  await actOnSignal({ organizationId: acme.organizationId, decisionId: decisionId as string })
  const closed = await db().signal.findUniqueOrThrow({ where: { id } })
  expect(closed).toMatchObject({ status: 'closed', closedWhy: expect.stringContaining('Nobody answered') })
  await deliver(failed({ id: 9, run_number: 9 }))
  const again = await db().signal.findUniqueOrThrow({ where: { id } })
  expect(again).toMatchObject({ status: 'open', round: 2, action: 'decision' })
  expect(again.decisionId).not.toBe(decisionId)
})

test('one that work waits for has no time at which it would end', async () => {
  await workInProgress(acme)
  await deliver(failure)
  const question = await db().decision.findFirstOrThrow({ where: { organizationId: acme.organizationId } })
  expect(question).toMatchObject({ kind: 'signal', deadline: null })
})
