import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { environmentVariable, setEnvironmentVariable } from '#server/platform/env/inherited'
import { append, lastSequence } from '#server/platform/events/log'
import { testScope } from '#server/platform/events/testing'
import { Listener } from '#server/platform/queue/listener'
import { queue, stopQueue } from '#server/platform/queue/queue'
import { until } from '#server/platform/queue/testing'
import { closeDatabase, database } from './client'
import { startEmbeddedPostgres } from './embedded'
import { databaseFailure, databaseTrouble } from './failures'
import { pool } from './pool'
import { type ChaosProxy, startChaosProxy } from './testing-proxy'
import { transaction } from './transaction'

/** Seconds: Postgres gives up a statement, then the driver, then (here: the test's own patience) whoever asked. */
const STATEMENT = 1.5
const POOL = 4

let direct: pg.Client
let proxy: ChaosProxy

beforeAll(async () => {
  const given = environmentVariable('DATABASE_URL') as string
  direct = new pg.Client({ connectionString: given })
  await direct.connect()
  await direct.query('create table written (id uuid primary key)')
  proxy = await startChaosProxy(given)
  setEnvironmentVariable('DATABASE_URL', proxy.url)
  setEnvironmentVariable('DATABASE_TIMEOUT_SECONDS', String(STATEMENT))
  setEnvironmentVariable('DATABASE_POOL_SIZE', String(POOL))
  await queue()
})
afterEach(() => proxy.set({}))
afterAll(async () => {
  await stopQueue()
  await closeDatabase()
  await proxy.close()
  await direct.end()
})

const insert = (tx: Parameters<Parameters<typeof transaction>[0]>[0], id: string) =>
  tx.$executeRaw`insert into written (id) values (${id}::uuid)`
const isWritten = async (id: string) => (await direct.query('select 1 from written where id = $1', [id])).rowCount === 1
const pidOf = async (tx: Parameters<Parameters<typeof transaction>[0]>[0]) => {
  const [row] = await tx.$queryRaw<{ pid: number }[]>`select pg_backend_pid() as pid`
  return row?.pid ?? 0
}
async function failureOf(work: Promise<unknown>): Promise<{ error: unknown; ms: number }> {
  const begun = performance.now()
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  return { error, ms: performance.now() - begun }
}

test('a migration that changes what a kept statement answers costs a try, and nobody sees it', async () => {
  await database().$executeRawUnsafe('create table "Widening" (id integer primary key)')
  await database().$executeRawUnsafe('insert into "Widening" values (1)')
  const read = () => transaction((tx) => tx.$queryRaw<object[]>`select * from "Widening" where id = ${1}`)
  try {
    for (let time = 0; time < 5; time += 1) expect(await read()).toEqual([{ id: 1 }])
    const { rows } = await pool().query(`select name from pg_prepared_statements where statement like '%"Widening"%'`)
    expect(rows).toHaveLength(1)
    await database().$executeRawUnsafe('alter table "Widening" add column name text')
    expect(await read()).toEqual([{ id: 1, name: null }])
  } finally {
    await database().$executeRawUnsafe('drop table "Widening"')
  }
})

test('a backend terminated inside a transaction: all of it runs again, with its events, once', async () => {
  const scope = testScope()
  const id = randomUUID()
  let runs = 0
  await transaction(async (tx) => {
    runs += 1
    await insert(tx, id)
    await append(tx, scope, [{ type: 'project.changed', payload: {} }])
    if (runs <= 2) await direct.query('select pg_terminate_backend($1)', [await pidOf(tx)])
  })
  expect(runs).toBe(3)
  expect(await isWritten(id)).toBe(true)
  expect(await lastSequence(scope)).toBe(1n)
})

test('a deadlock: the loser runs again, both are written', async () => {
  const [one, other] = [randomUUID(), randomUUID()]
  await direct.query('insert into written values ($1), ($2)', [one, other])
  const lock = async (ids: string[]) =>
    transaction(async (tx) => {
      for (const id of ids) {
        await tx.$queryRaw`select id from written where id = ${id}::uuid for update`
        await new Promise((resolve) => setTimeout(resolve, 60))
      }
      const id = randomUUID()
      await insert(tx, id)
      return id
    })
  const ids = await Promise.all([lock([one, other]), lock([other, one])])
  for (const id of ids) expect(await isWritten(id)).toBe(true)
})

test('after a commit of which nobody knows nothing runs again, unless the work is idempotent', async () => {
  const attempt = async (idempotent: boolean) => {
    let runs = 0
    const result = await failureOf(
      transaction(
        async (tx) => {
          runs += 1
          await tx.$queryRaw`select 1`
          // From here the answers of this connection do not arrive any more: COMMIT goes out, or not.
          if (runs === 1) proxy.freeze()
        },
        { idempotent },
      ),
    )
    return { runs, ...result }
  }
  const careful = await attempt(false)
  expect(careful.runs).toBe(1)
  expect(databaseFailure(careful.error)).toBe('again')
  expect(databaseTrouble(careful.error)?.message).toMatch(/look whether it was done/)
  const again = await attempt(true)
  expect(again).toMatchObject({ runs: 2, error: null })
})

test('a frozen backend is given up by the driver, and its connection is not used again', async () => {
  let pid = 0
  const { error, ms } = await failureOf(
    (async () => {
      const client = await pool().connect()
      pid = (await client.query('select pg_backend_pid() as pid')).rows[0].pid
      process.kill(pid, 'SIGSTOP')
      try {
        await client.query('select 1')
      } finally {
        client.release()
      }
    })(),
  )
  try {
    expect(databaseFailure(error)).toBe('again')
    expect(ms).toBeLessThan(STATEMENT * 1_200 + 1_000)
    const pids = await Promise.all(
      Array.from({ length: POOL }, () => pool().query('select pg_backend_pid() as pid, pg_sleep(0.05)')),
    )
    expect(pids.map(({ rows }) => rows[0].pid)).not.toContain(pid)
  } finally {
    process.kill(pid, 'SIGCONT') // frozen, it would hold up every other test of this server
  }
})

test('a statement that takes too long is ended by Postgres before the driver gives up', async () => {
  const { error, ms } = await failureOf(database().$queryRaw`select pg_sleep(20)::text`)
  expect(databaseFailure(error)).toBe('overloaded')
  expect(JSON.stringify(error)).toContain('57014')
  expect(ms).toBeLessThan(STATEMENT * 1_200)
  const { rows } = await direct.query(
    "select 1 from pg_stat_activity where query like '%pg_sleep(20)%' and state = 'active' and pid <> pg_backend_pid()",
  )
  expect(rows).toHaveLength(0)
})

test('no free connection: refused in time with a wait, and fine as soon as one is free', async () => {
  const held = await Promise.all(Array.from({ length: POOL }, () => pool().connect()))
  const { error, ms } = await failureOf(transaction((tx) => insert(tx, randomUUID())))
  expect(ms).toBeLessThan(3_000)
  expect(databaseTrouble(error)).toMatchObject({ kind: 'unavailable', details: { retryAfterSeconds: 2 } })
  for (const client of held) client.release()
  await transaction((tx) => insert(tx, randomUUID()))
})

test('200 ms each way: everybody is answered in time or refused, nothing piles up', async () => {
  proxy.set({ latencyMs: 200 })
  const took: number[] = []
  const results = await Promise.all(
    Array.from({ length: 24 }, async () => {
      const begun = performance.now()
      const failed = await database().$queryRaw`select 1`.then(
        () => null,
        (error: unknown) => databaseFailure(error),
      )
      took.push(performance.now() - begun)
      return failed
    }),
  )
  expect(results.every((failure) => failure === null || failure === 'overloaded')).toBe(true)
  expect(Math.max(...took)).toBeLessThan(5_000)
  expect(pool().waitingCount).toBe(0)
  proxy.set({})
  const { ms } = await failureOf(database().$queryRaw`select 1`)
  process.stdout.write(
    `slow database: ${results.filter((failure) => failure).length} of 24 refused, slowest answer ${Math.round(Math.max(...took))} ms, afterwards ${Math.round(ms)} ms\n`,
  )
  expect(ms).toBeLessThan(500)
})

test('a half-open connection for notifications is noticed and replaced, and whoever listens is told to look', async () => {
  const listener = new Listener(['some_channel'], { pingMs: 200, pingLimitMs: 200 })
  let ups = 0
  const heard: string[] = []
  listener.on('up', () => {
    ups += 1
  })
  listener.on('notification', (_channel, payload) => heard.push(payload))
  await listener.start()
  await direct.query("notify some_channel, 'before'")
  await until(async () => heard.includes('before'))
  proxy.freeze()
  await direct.query("notify some_channel, 'lost'")
  await until(async () => ups === 2)
  await direct.query("notify some_channel, 'after'")
  await until(async () => heard.includes('after'))
  await listener.stop()
})

test('Postgres crashes and comes back: transactions under way are written once, the pool heals', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-crash-'))
  const settings = { fsync: 'off', max_connections: '12' }
  const first = await startEmbeddedPostgres({ folder, database: 'crash', port: 0, settings })
  const port = Number(new URL(first.url).port)
  const own = new pg.Pool({ connectionString: first.url, max: 3, connectionTimeoutMillis: 1_000 })
  own.on('error', () => {})
  await own.query('create table written (id int primary key)')
  const { pid } = first
  process.kill(pid, 'SIGQUIT') // what pg_ctl calls immediate: no farewell, recovery at the next start
  let error: unknown = null
  await until(async () => {
    error = (await failureOf(own.query('select 1'))).error
    return error !== null
  })
  expect(databaseFailure(error)).toBe('again')
  await until(async () => (await failureOf(new pg.Client({ connectionString: first.url }).connect())).error !== null)
  const second = await startEmbeddedPostgres({ folder, database: 'crash', port, settings })
  expect(Number(new URL(second.url).port)).toBe(port)
  await until(async () => (await failureOf(own.query('select 1'))).error === null)
  const clients = []
  let refused: unknown
  for (let count = 0; count < 14 && !refused; count += 1) {
    const client = new pg.Client({ connectionString: first.url })
    client.on('error', () => {})
    refused = (await failureOf(client.connect())).error
    if (!refused) clients.push(client)
  }
  expect(databaseFailure(refused)).toBe('overloaded') // 53300: too many connections
  await Promise.all(clients.map((client) => client.end()))
  expect((await own.query('select 1')).rowCount).toBe(1)
  await own.end()
  await second.stop()
  for (const used of [second.folder, folder]) rmSync(used, { recursive: true, force: true })
})
