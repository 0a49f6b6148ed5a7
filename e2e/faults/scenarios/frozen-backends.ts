import { setTimeout as sleep } from 'node:timers/promises'
import { database } from '#server/platform/database/client'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit, until } from '../tenant'

const FROZEN_MS = 8_000

export const frozenBackends: Scenario = {
  fault: '7',
  title: 'database backends frozen',
  how: `SIGSTOP of two backends of a worker for ${FROZEN_MS / 1000} s, then SIGCONT`,
  async inject(world) {
    const tenant = await makeTenant()
    const id = await submit(world, tenant)
    await until('work under way', () => database().run.findFirst({ where: { requirementId: id, status: 'running' } }))
    const ports = world.random.pick([world.workers[0], world.workers[1]] as const)?.database.upstreamPorts() ?? []
    const rows = await database().$queryRaw<{ pid: number }[]>`
      select pid from pg_stat_activity where client_port = any(${ports}::int[]) and query not ilike 'listen%'
      order by query_start desc limit 2`
    for (const { pid } of rows) process.kill(pid, 'SIGSTOP')
    const begin = performance.now()
    try {
      await sleep(FROZEN_MS)
    } finally {
      for (const { pid } of rows) process.kill(pid, 'SIGCONT')
    }
    await converged([tenant])
    return { count: rows.length, tenants: [tenant], convergedMs: performance.now() - begin }
  },
}
