import pg from 'pg'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit, until } from '../tenant'

const REQUESTS = 40

export const poolExhausted: Scenario = {
  fault: '8',
  title: 'connection pool exhausted',
  how: `a lock makes every submitting transaction of one web server wait; ${REQUESTS} more requests come in`,
  async inject(world) {
    const tenant = await makeTenant()
    await submit(world, tenant)
    const locker = new pg.Client({ connectionString: world.postgres.url })
    await locker.connect()
    await locker.query('begin')
    await locker.query('select 1 from "Project" where id = $1 for update', [tenant.projectId])
    const begin = performance.now()
    const address = await world.webAddress(0)
    const answers = Array.from({ length: REQUESTS }, async (_, number) => {
      const sent = performance.now()
      const response = await fetch(`${address}/api/requirements`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${tenant.token}`,
          'content-type': 'application/json',
          'idempotency-key': `pool-${number}`,
        },
        body: JSON.stringify({ text: `# Note ${number}\n\nBackground only.` }),
      })
      const body = (await response.json()) as { id?: string }
      return {
        status: response.status,
        body,
        retryAfter: response.headers.get('retry-after'),
        ms: performance.now() - sent,
      }
    })
    await new Promise((resolve) => setTimeout(resolve, 12_000))
    await locker.query('rollback')
    await locker.end()
    const all = await Promise.all(answers)
    const recovered = performance.now()
    await until('the web server to be well', async () => (await fetch(`${address}/api/health`)).ok)
    const recovery = performance.now() - recovered
    for (const { status, body } of all) if (status === 201 && body.id) tenant.accepted.push(body.id)
    // They were taken in, so they may end as they like; none may be lost.
    tenant.mayEnd = ['done', 'partly_done', 'failed', 'cancelled']
    await converged([tenant])
    const statuses = all.map(({ status }) => status)
    const count = (status: number) => statuses.filter((candidate) => candidate === status).length
    const strange = statuses.filter((status) => status !== 201 && status !== 503)
    const hintless = all.filter(({ status, retryAfter }) => status === 503 && !retryAfter).length
    return {
      count: REQUESTS,
      tenants: [tenant],
      convergedMs: null,
      facts: {
        '201': count(201),
        '503': count(503),
        'longest answer s': Math.round(Math.max(...all.map(({ ms }) => ms)) / 100) / 10,
        'recovered after s': Math.round(recovery / 100) / 10,
        'all ended after s': Math.round((performance.now() - begin) / 1000),
      },
      failures: [
        ...(strange.length > 0 ? [`answers that are neither 201 nor 503: ${[...new Set(strange)].join(', ')}`] : []),
        ...(hintless > 0 ? [`${hintless} answers 503 without Retry-After`] : []),
      ],
    }
  },
}
