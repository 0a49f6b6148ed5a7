import { database } from '#server/platform/database/client'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit, until } from '../tenant'

const DRAIN_MS = 10_000

export const newVersion: Scenario = {
  fault: '32',
  title: 'a new version in the middle of runs',
  how: 'an expanding migration (a table, a column with a default, an index) is applied under load, then each worker and web server is replaced by SIGTERM and a new process, of the same sources: an older release is not at hand here',
  async inject(world) {
    const tenant = await makeTenant()
    const id = await submit(world, tenant)
    await submit(world, tenant)
    await until('work under way', () =>
      database().run.findFirst({ where: { requirementId: id, purpose: 'implement', status: 'running' } }),
    )
    const begin = performance.now()
    await database().$executeRawUnsafe(
      `alter table "Run" add column if not exists "ofTomorrow" text not null default ''`,
    )
    await database().$executeRawUnsafe('create table if not exists "Tomorrow" (id uuid primary key)')
    await database().$executeRawUnsafe('create index if not exists "Tomorrow_idx" on "Run" ("ofTomorrow")')
    const drains: number[] = []
    for (const place of [...world.workers, ...world.webs]) {
      drains.push(await place.program.stop())
      await world.restart(place)
      await submit(world, tenant, undefined, drains.length)
    }
    await converged([tenant])
    await database().$executeRawUnsafe('drop table "Tomorrow"')
    await database().$executeRawUnsafe('alter table "Run" drop column "ofTomorrow"')
    const slowest = Math.max(...drains)
    return {
      count: drains.length,
      tenants: [tenant],
      convergedMs: performance.now() - begin - drains.reduce((sum, ms) => sum + ms, 0),
      facts: { 'slowest drain s': Math.round(slowest / 100) / 10, requirements: tenant.accepted.length },
      failures: slowest > DRAIN_MS ? [`a process took ${Math.round(slowest)} ms to stop`] : [],
    }
  },
}
