import { setTimeout as sleep } from 'node:timers/promises'
import { database } from '#server/platform/database/client'
import { descendants } from '../processes'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit, until } from '../tenant'
import type { Place, World } from '../world'

/** Whether a backend of this worker is between the first statement and the commit. */
async function inTransaction(place: Place): Promise<boolean> {
  const rows = await database().$queryRaw<{ pid: number }[]>`
    select pid from pg_stat_activity where state = 'idle in transaction' and backend_xid is not null
    and client_port = any(${place.database.upstreamPorts()}::int[])`
  return rows.length > 0
}

/** Stops the worker while its transaction is open, or while git writes, and kills it there. @returns which it was */
async function killBetween(world: World, place: Place): Promise<string> {
  const wanted = world.random.pick(['transaction', 'git'] as const)
  return until(
    `a ${wanted} of ${place.name} to stop in`,
    async () => {
      const git = descendants(place.program.pid).some(({ name }) => name === 'git')
      if (wanted === 'git' ? !git : !(await inTransaction(place))) return null
      place.program.signal('SIGSTOP')
      await sleep(30) // what was on its way to Postgres has arrived
      const still = wanted === 'git' ? 'git was writing' : (await inTransaction(place)) ? 'inside a transaction' : null
      if (still === null) place.program.signal('SIGCONT')
      else await place.program.kill()
      return still
    },
    40_000,
  )
}

export const killedInCommit: Scenario = {
  fault: '3',
  title: 'worker killed in a commit',
  how: 'SIGSTOP while a transaction is open or git writes, then SIGKILL, of each worker once',
  async inject(world) {
    const tenant = await makeTenant()
    await submit(world, tenant)
    const kills: string[] = []
    let begin = performance.now()
    for (const place of [...world.workers]) {
      kills.push(await killBetween(world, place))
      begin = performance.now()
      await world.restart(place)
      if (kills.length === 1) await submit(world, tenant) // so that there is something to commit for the other one
    }
    await converged([tenant])
    return {
      count: kills.length,
      tenants: [tenant],
      convergedMs: performance.now() - begin,
      facts: { killed: kills.join(', ') },
    }
  },
}
