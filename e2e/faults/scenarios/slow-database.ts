import { setTimeout as sleep } from 'node:timers/promises'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit } from '../tenant'

const EACH_WAY_MS = 200
const SLOW_MS = 20_000

export const slowDatabase: Scenario = {
  fault: '39',
  title: `database ${EACH_WAY_MS} ms away, each way`,
  how: `the proxies delay everything between workers, web servers and Postgres by ${EACH_WAY_MS} ms each way for ${SLOW_MS / 1000} s`,
  async inject(world) {
    const tenant = await makeTenant()
    await submit(world, tenant)
    for (const { database } of [...world.workers, ...world.webs]) database.toxic = { latencyMs: EACH_WAY_MS }
    const deadline = performance.now() + SLOW_MS
    const times: number[] = []
    const statuses = new Set<number>()
    const headers = { authorization: `Bearer ${tenant.token}` }
    while (performance.now() < deadline) {
      const begin = performance.now()
      const { status } = await fetch(`${await world.webAddress(0)}/api/status`, { headers })
      times.push(performance.now() - begin)
      statuses.add(status)
      await sleep(250)
    }
    for (const { database } of [...world.workers, ...world.webs]) database.toxic = {}
    const convergedMs = await converged([tenant])
    times.sort((one, other) => one - other)
    const p99 = times[Math.ceil(times.length * 0.99) - 1] ?? 0
    return {
      count: 1,
      tenants: [tenant],
      convergedMs,
      facts: { requests: times.length, 'p99 s': Math.round(p99 / 100) / 10, answers: [...statuses].join('/') },
      failures: p99 > 15_000 ? [`a request took ${Math.round(p99)} ms: they pile up`] : [],
    }
  },
}
