import { setTimeout as sleep } from 'node:timers/promises'
import { database } from '#server/platform/database/client'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit, until } from '../tenant'

export const postgresCrash: Scenario = {
  fault: '5',
  title: 'Postgres crashes',
  how: 'SIGQUIT of the server (immediate shutdown: no checkpoint, every connection lost), started again on its data',
  short: true,
  async inject(world) {
    const tenant = await makeTenant()
    const id = await submit(world, tenant)
    await until('work under way', () =>
      database().run.findFirst({ where: { requirementId: id, purpose: 'implement', status: 'running' } }),
    )
    await sleep(world.random.between(0, 1_500))
    const answers: number[] = []
    let asking = true
    const asked = (async () => {
      while (asking) {
        const response = await fetch(`${await world.webAddress(1)}/api/health`).catch(() => null)
        answers.push(response?.status ?? 0)
        await sleep(100)
      }
    })()
    const begin = performance.now()
    const away = await world.crashPostgres(world.random.between(500, 2_000))
    await until('the web server to be well', async () => (await fetch(`${await world.webAddress(0)}/api/health`)).ok)
    const firstSuccess = performance.now() - begin - away
    await submit(world, tenant)
    asking = false
    await asked
    await converged([tenant])
    return {
      count: 1,
      tenants: [tenant],
      convergedMs: performance.now() - begin,
      facts: {
        'away s': Math.round(away / 100) / 10,
        'first success after s': Math.round(firstSuccess / 100) / 10,
        'health answers': [...new Set(answers)].join('/'),
      },
      failures: answers.includes(0) ? ['a web server stopped answering'] : [],
    }
  },
}
