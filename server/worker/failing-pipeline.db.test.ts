import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerDecision } from '#server/decisions/commands'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { until } from '#server/platform/queue/testing'
import { submitRequirement, wakeRequirements } from '#server/requirements/commands'
import { isClosed, type RequirementStatus } from '#server/requirements/model'
import { watch } from '#server/scheduler/watch'
import { receiveDelivery } from '#server/signals/commands/receive'
import { addSource } from '#server/signals/commands/sources'
import { sourceOf } from '#server/signals/registry'
import { failure, githubHeaders } from '#server/signals/testing'
import { makeProject, startEngine } from './testing'

let engine: Awaited<ReturnType<typeof startEngine>>
beforeAll(async () => {
  setEnvironmentVariable('ORCHESTRATOR_KEY', randomBytes(32).toString('base64'))
  engine = await startEngine()
})
afterAll(() => engine?.stop())

const text =
  "# Text\n\n- `slugify('Hello World')` returns `'hello-world'`.\n- `capitalize('hello')` returns `'Hello'`.\n- `reverse('abc')` returns `'cba'`.\n"

test('a pipeline fails while agents work: their unmerged work waits for the answer, and is done after it', async () => {
  const { scope, projectId } = await makeProject('automatic')
  const source = await addSource(scope, { projectId, kind: 'github', label: 'acme/shop' })
  const { id: requirementId } = await submitRequirement(scope, { projectId, text, source: 'api' })
  /** Everything the engine asks by itself is answered as it recommends. */
  const answerOthers = async () => {
    const open = await database().decision.findMany({ where: { projectId, kind: { not: 'signal' }, status: 'open' } })
    for (const { id, recommended } of open) {
      await answerDecision(scope, { decisionId: id, option: recommended as string, comment: '' })
    }
  }
  const unfinished = { requirementId, status: { notIn: ['done', 'failed', 'cancelled'] } }
  await until(async () => {
    await answerOthers()
    return (await database().task.count({ where: unfinished })) > 0
  })

  const row = await database().signalSource.findUniqueOrThrow({ where: { id: source.id } })
  const body = JSON.stringify(failure)
  const headers = new Headers(await githubHeaders(source.secret, 'workflow_run', body))
  await receiveDelivery({ source: sourceOf('github'), row }, { headers, bytes: Buffer.from(body) })
  const decision = await until(() =>
    database().decision.findFirst({ where: { projectId, kind: 'signal', status: 'open' } }),
  )
  const signal = await database().signal.findFirstOrThrow({ where: { decisionId: decision.id } })
  expect(signal).toMatchObject({ urgency: 'now', routedTo: 'group', action: 'decision', requirementId })
  expect(signal.heldTaskIds.length).toBeGreaterThan(0)

  // Several rounds of the scheduler later nothing of it has moved, and the question is still its next actor.
  const finished = () => database().task.count({ where: { id: { in: signal.heldTaskIds }, status: 'done' } })
  for (let round = 0; round < 3; round += 1) {
    await watch()
    await transaction((tx) => wakeRequirements(tx, scope.organizationId, [requirementId]))
    await until(
      async () =>
        (await database().$queryRaw<object[]>`select 1 from pgboss.job where state < 'completed'`).length === 0,
    )
  }
  expect(await finished()).toBe(0)
  for (const task of await database().task.findMany({ where: { id: { in: signal.heldTaskIds } } })) {
    expect(task).toMatchObject({ nextActor: 'group', nextActorId: decision.id })
  }

  await answerDecision(scope, { decisionId: decision.id, option: 'ignore', comment: '' })
  await until(async () => {
    await answerOthers()
    const { status } = await database().requirement.findUniqueOrThrow({ where: { id: requirementId } })
    return isClosed(status as RequirementStatus)
  })
  expect(await finished()).toBe(signal.heldTaskIds.length)
  expect((await database().signal.findUniqueOrThrow({ where: { id: signal.id } })).status).toBe('closed')
})
