import { database } from '#server/platform/database/client'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit, until } from '../tenant'

export const killedInModelCall: Scenario = {
  fault: '1',
  title: 'worker killed in a model call',
  how: 'the provider stops in the middle of an answer; kill -9 of the worker that waits for it',
  short: true,
  async inject(world) {
    const tenant = await makeTenant()
    await world.faults([{ kind: 'stall', afterEvents: world.random.between(1, 4), purpose: 'implement' }])
    const id = await submit(world, tenant)
    const runId = await until('the hanging call', async () => {
      const hanging = (await world.journal()).find(({ fault, ended }) => fault === 'stall' && ended === 'open')
      return hanging?.runId
    })
    const run = await database().run.findUniqueOrThrow({ where: { id: runId } })
    const begin = performance.now()
    await world.workerOf(run.worker)?.program.kill()
    await until('another worker', async () => {
      const now = await database().run.findUniqueOrThrow({ where: { id: runId } })
      return now.lease > run.lease
    })
    const takeover = performance.now() - begin
    await converged([tenant])
    const tries = await database().run.count({ where: { requirementId: id, purpose: 'implement' } })
    return {
      count: 1,
      tenants: [tenant],
      convergedMs: performance.now() - begin,
      facts: { 'takeover s': Math.round(takeover / 100) / 10, runs: tries },
      failures: takeover > 15_000 ? [`taken over only after ${Math.round(takeover)} ms`] : [],
    }
  },
}
