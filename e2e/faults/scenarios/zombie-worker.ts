import { database } from '#server/platform/database/client'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit, until } from '../tenant'

export const zombieWorker: Scenario = {
  fault: '4',
  title: 'frozen worker comes back',
  how: 'SIGSTOP in the middle of a run until another worker has its lease, then SIGCONT',
  short: true,
  async inject(world) {
    const tenant = await makeTenant()
    await world.faults([{ kind: 'drip', delayMs: 60, purpose: 'implement' }])
    const id = await submit(world, tenant)
    const run = await until('a run at work', () =>
      database().run.findFirst({ where: { requirementId: id, purpose: 'implement', status: 'running' } }),
    )
    const frozen = world.workerOf(run.worker)
    if (!frozen) throw new Error('the run names no worker of ours')
    const begin = performance.now()
    frozen.program.signal('SIGSTOP')
    await until('another worker', async () => {
      const now = await database().run.findUniqueOrThrow({ where: { id: run.id } })
      return now.lease > run.lease && now.worker !== run.worker
    })
    const takeover = performance.now() - begin
    frozen.program.signal('SIGCONT')
    await converged([tenant])
    const ends = await database().event.count({
      where: { runId: run.id, type: { in: ['run.finished', 'run.failed'] } },
    })
    return {
      count: 1,
      tenants: [tenant],
      convergedMs: performance.now() - begin,
      facts: { 'takeover s': Math.round(takeover / 100) / 10 },
      failures: [
        ...(takeover > 15_000 ? [`taken over only after ${Math.round(takeover)} ms`] : []),
        ...(ends === 1 ? [] : [`the run ended ${ends} times`]),
      ],
    }
  },
}
