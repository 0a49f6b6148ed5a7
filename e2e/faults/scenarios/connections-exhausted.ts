import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit } from '../tenant'

const HELD_MS = 6_000

/** Opens connections until the server has none left (53300). */
async function takeAll(url: string): Promise<pg.Client[]> {
  const held: pg.Client[] = []
  for (;;) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      held.push(client)
    } catch {
      return held
    }
  }
}

export const connectionsExhausted: Scenario = {
  fault: '9',
  title: 'the server has no connection left',
  how: `connections are opened until Postgres refuses (53300), and held for ${HELD_MS / 1000} s`,
  async inject(world) {
    const tenant = await makeTenant()
    await submit(world, tenant)
    const held = await takeAll(world.postgres.url)
    // New connections are needed now: those that were there are ended.
    for (const place of [...world.workers, ...world.webs]) place.database.cutAll()
    await sleep(500)
    const more = await takeAll(world.postgres.url)
    const begin = performance.now()
    const address = await world.webAddress(0)
    const health = await fetch(`${address}/api/health`).then(
      ({ status }) => status,
      () => 0,
    )
    await sleep(HELD_MS)
    await Promise.all([...held, ...more].map((client) => client.end()))
    await converged([tenant])
    return {
      count: held.length + more.length,
      tenants: [tenant],
      convergedMs: performance.now() - begin,
      facts: { 'health meanwhile': health },
      failures: health === 503 || health === 200 ? [] : [`health answered ${health}`],
    }
  },
}
