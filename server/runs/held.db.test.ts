import { afterAll, expect, test } from 'vitest'
import { systemScope } from '#server/auth/gate'
import { makeScene } from '#server/budgets/testing'
import { database } from '#server/platform/database/client'
import { databaseNow } from '#server/platform/database/clock'
import { stopQueue } from '#server/platform/queue/queue'
import { claimRun, holdBack } from './states'

afterAll(stopQueue)

test('runs that are held back until the same time come back one after the other, and none before it', async () => {
  const scene = await makeScene(20, { providerMode: 'scripted', status: 'queued' })
  const scope = systemScope(scene.organizationId)
  const until = new Date((await databaseNow(database())).getTime() + 60_000)
  for (const runId of scene.runs) {
    const claim = await claimRun(scope, runId, 'worker')
    if (claim) await holdBack(scope, claim.lease, claim.run, { until, reason: 'Waits for anthropic.' })
  }
  const rows = await database().run.findMany({ where: { id: { in: scene.runs } } })
  const after = rows.map(({ notBefore }) => ((notBefore?.getTime() ?? 0) - until.getTime()) / 1000)
  expect(Math.min(...after)).toBeGreaterThan(-1)
  expect(Math.max(...after)).toBeLessThan(17)
  expect(new Set(after.map((seconds) => Math.floor(seconds / 3))).size).toBeGreaterThan(2)
})
