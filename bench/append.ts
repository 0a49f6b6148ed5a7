import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { systemScope } from '#server/auth/gate'
import { closeDatabase } from '#server/platform/database/client'
import { startEmbeddedPostgres } from '#server/platform/database/embedded'
import { migrate } from '#server/platform/database/migrate'
import { transaction } from '#server/platform/database/transaction'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { append } from '#server/platform/events/log'
import { queue, stopQueue } from '#server/platform/queue/queue'
import { forgetForeignSettings, temporaryFolder } from './product'
import { keep, printTable, spread } from './report'

/** How long it takes to append an event, from the call of `transaction` to its commit; all in one organization. */
const RATES = [100, 500]
const SECONDS = 5
const WARM_UP = 200

async function paced(rate: number, act: (number: number) => Promise<unknown>): Promise<number[]> {
  const start = performance.now()
  const took: Promise<number>[] = []
  for (let number = 0; number < rate * SECONDS; number += 1) {
    const wait = start + (number * 1000) / rate - performance.now()
    if (wait > 1) await sleep(wait)
    const called = performance.now()
    took.push(act(number).then(() => performance.now() - called))
  }
  return Promise.all(took)
}

forgetForeignSettings()
const folder = temporaryFolder()
const server = await startEmbeddedPostgres({ folder, database: 'bench', port: 0 })
try {
  await migrate(server.url, process.cwd())
  setEnvironmentVariable('DATABASE_URL', server.url)
  await queue()
  const scope = systemScope(crypto.randomUUID())
  const requirementId = crypto.randomUUID()
  const one = (type: string) => () => transaction((tx) => append(tx, scope, [{ type, requirementId, payload: {} }]))
  const bare = new pg.Pool({ connectionString: server.url, max: 12 })
  await bare.query('create table bench_event (like "Event" including all)')
  await bare.query('create sequence bench_sequence')
  const write = async () => {
    const client = await bare.connect()
    await client.query('begin')
    await client.query(`insert into bench_event ("organizationId", sequence, type, actor, payload)
      values ('${scope.organizationId}', nextval('bench_sequence'), 'project.changed', '{}', '{}')`)
    await client.query(`select pg_notify('bench', '1')`)
    await client.query('commit')
    client.release()
  }
  const cases: [string, () => Promise<unknown>][] = [
    ['limit: begin, bare insert, notify, commit', write],
    ['an event that nothing follows from', one('project.changed')],
    ['an event with a job', one('run.finished')],
    ['an event with two jobs', one('decision.answered')],
  ]
  const rows = []
  for (const [what, act] of cases) {
    for (let index = 0; index < WARM_UP; index += 1) await act()
    for (const rate of RATES) rows.push({ what, rate, ...spread(await paced(rate, act)) })
  }
  printTable(
    'Milliseconds from begin to commit',
    ['what', 'per second', 'p50', 'p95', 'max'],
    rows.map(({ what, rate, p50, p95, max }) => [what, rate, p50, p95, max]),
  )
  keep('append', rows)
  await bare.end()
} finally {
  await stopQueue()
  await closeDatabase()
  await server.stop()
  for (const used of [server.folder, folder]) rmSync(used, { recursive: true, force: true })
}
