/** Two jobs for one run: the second one takes nothing from a worker that is well. */
import { afterAll, expect, test } from 'vitest'
import { systemScope } from '#server/auth/gate'
import { makeScene } from '#server/budgets/testing'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { add, order } from '#server/platform/queue/testing'
import { claimRun } from './states'

afterAll(stopQueue)

test('a delayed job that comes late leaves a run at work where it is, and the job it is lost with takes it over', async () => {
  const scene = await makeScene(1, { providerMode: 'scripted', status: 'queued' })
  const { organizationId } = scene
  const [runId = ''] = scene.runs
  const scope = systemScope(organizationId)
  const both = [order('execute-run', organizationId, { runId }), order('execute-run', organizationId, { runId })]
  await add(...both)
  const activate = (most: number) => database().$executeRaw`
    update pgboss.job set state = 'active' where id in (
      select id from pgboss.job where group_id = ${organizationId} and state = 'created' limit ${most})`
  await activate(1)
  const first = await claimRun(scope, runId, 'first')
  expect(first?.lease.number).toBe(1)
  await activate(1)
  expect(await claimRun(scope, runId, 'second')).toBeNull()
  const held = await database().run.findUniqueOrThrow({ where: { id: runId } })
  expect(held).toMatchObject({ worker: 'first', lease: 1 })
  // The second job has nothing to do and ends. The first one is lost with its worker, and fetched again.
  await database().$executeRaw`
    update pgboss.job set state = 'completed' where id in (
      select id from pgboss.job where group_id = ${organizationId} and state = 'active' limit 1)`
  expect((await claimRun(scope, runId, 'third'))?.lease.number).toBe(2)
})
