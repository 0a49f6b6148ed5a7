import { setTimeout as sleep } from 'node:timers/promises'
import { database } from '#server/platform/database/client'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit } from '../tenant'

const TIMES = 20

export const backendsTerminated: Scenario = {
  fault: '6',
  title: 'connections ended inside transactions',
  how: 'pg_terminate_backend of a backend of the workers that is in a transaction, again and again',
  async inject(world) {
    const tenant = await makeTenant()
    await submit(world, tenant)
    await submit(world, tenant)
    let ended = 0
    for (const deadline = performance.now() + 20_000; ended < TIMES && performance.now() < deadline; ) {
      const ports = world.workers.flatMap((place) => place.database.upstreamPorts())
      const rows = await database().$queryRaw<{ done: boolean }[]>`
        select pg_terminate_backend(pid) as done from pg_stat_activity
        where client_port = any(${ports}::int[]) and xact_start is not null and state <> 'idle' limit 1`
      ended += rows.length
      await sleep(rows.length > 0 ? world.random.between(50, 400) : 10)
    }
    const convergedMs = await converged([tenant])
    return { count: ended, tenants: [tenant], convergedMs }
  },
}
