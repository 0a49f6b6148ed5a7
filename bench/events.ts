import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import type { Scope } from '#server/auth/model'
import { transaction } from '#server/platform/database/transaction'
import { environmentVariable, inheritedEnvironment, setEnvironmentVariable } from '#server/platform/env/inherited'
import { append, lastSequence } from '#server/platform/events/log'
import { STREAMS_AT_ONCE } from '#server/platform/http/open-streams'
import { killServer, startServer } from '#server/rest/testing'
import { makeOrganization, tokenHeaders } from '#server/setup/testing'
import { withBed } from './engine'
import { withProduct } from './product'
import { keep, printTable, type Spread, spread } from './report'

const { values: given } = parseArgs({
  options: {
    clients: { type: 'string', default: '200' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '20' },
    plain: { type: 'boolean', default: false },
  },
})
const CLIENTS = Number(given.clients)
const RATE = Number(given.rate)
const SECONDS = Number(given.seconds)
/** Events of one transaction: what happens in the product also comes in small groups. */
const TOGETHER = 5
/** The time is kept by every tenth client, so that measuring does not cost more than what is measured. */
const TIMED = 10

/** More are not begun before one has ended: a writer that can't keep up falls behind, and its rate says so. */
const MOST_AT_ONCE = 10

/** Calls `act` at this many a second as long as it keeps up; its results when all have ended. */
async function paced<T>(perSecond: number, count: number, act: () => Promise<T>): Promise<T[]> {
  const start = performance.now()
  const calls: Promise<T>[] = []
  const running = new Set<Promise<T>>()
  for (let number = 0; number < count; number += 1) {
    const wait = start + (number * 1000) / perSecond - performance.now()
    if (wait > 1) await sleep(wait)
    while (running.size >= MOST_AT_ONCE) await Promise.race(running)
    const call = act()
    calls.push(call)
    running.add(call)
    void call.finally(() => running.delete(call))
  }
  return Promise.all(calls)
}

/** Megabytes that a process holds, by the kernel's count. */
function residentMb(pid: number | undefined): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kilobytes) / 1024)
}

async function startReaders(url: string, authorizations: string[]): Promise<ChildProcess> {
  const program = path.join(import.meta.dirname, 'event-readers.ts')
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', program, url, JSON.stringify(authorizations), String(CLIENTS), String(TIMED)],
    { stdio: ['pipe', 'pipe', 'inherit'], env: inheritedEnvironment() },
  )
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return child
}

async function readersEnd(child: ChildProcess): Promise<{ ids: number[]; late: number[] }[]> {
  let told = ''
  child.stdout?.on('data', (chunk) => {
    told += chunk
  })
  const ended = once(child, 'exit')
  child.stdin?.end()
  await ended
  return JSON.parse(told)
}

function count(readers: { ids: number[] }[], first: number, total: number) {
  let lost = 0
  let doubled = 0
  let disordered = 0
  for (const { ids } of readers) {
    const mine = ids.filter((id) => id >= first)
    const different = new Set(mine).size
    lost += total - different
    doubled += mine.length - different
    disordered += mine.filter((id, index) => index > 0 && id <= (mine[index - 1] ?? 0)).length
  }
  return { lost, doubled, disordered }
}

interface Web {
  url: string
  pid: number | undefined
  databaseUrl: string
}

async function measure(web: Web) {
  // For the session that the organization's people get; nothing here uses it.
  for (const [name, value] of [
    ['NEXTAUTH_URL', web.url],
    ['NEXTAUTH_SECRET', crypto.randomUUID()],
  ] as const) {
    if (!environmentVariable(name)) setEnvironmentVariable(name, value)
  }
  const organization = await makeOrganization()
  const { scope } = organization.people.owner
  // One token may not have that many streams.
  const tokens = Array.from({ length: Math.ceil(CLIENTS / STREAMS_AT_ONCE) }, async () => {
    return (await tokenHeaders(organization.people.admin, ['read'])).authorization as string
  })
  const authorizations = await Promise.all(tokens)
  const write = (events: number) => () => appendSome(scope, events)
  await paced(RATE / TOGETHER, 40, write(TOGETHER))
  const idleMb = residentMb(web.pid)
  const readers = await startReaders(web.url, authorizations)
  const openMb = residentMb(web.pid)
  const first = Number(await lastSequence(scope)) + 1
  let peakMb = openMb
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, residentMb(web.pid))
  }, 500)
  const total = RATE * SECONDS
  const begun = performance.now()
  const commits = await paced(RATE / TOGETHER, total / TOGETHER, write(TOGETHER))
  const rate = Math.round(total / ((performance.now() - begun) / 1000))
  await sleep(2_000)
  clearInterval(watch)
  const got = await readersEnd(readers)
  const limit = await bareLimit(web.databaseUrl)
  return {
    clients: got.length,
    rate,
    total,
    arrived: spread(got.flatMap(({ late }) => late)),
    committed: spread(commits),
    ...count(got, first, total),
    limit,
    memoryMb: { idle: idleMb, open: openMb, peak: peakMb },
  }
}

/** Milliseconds from begin to commit. */
async function appendSome(scope: Scope, events: number): Promise<number> {
  const begun = performance.now()
  const draft = { type: 'project.changed', payload: { name: 'what a project is called, as in most events' } }
  await transaction((tx) =>
    append(
      tx,
      scope,
      Array.from({ length: events }, () => draft),
    ),
  )
  return performance.now() - begun
}

/** Without us: INSERT with NOTIFY on a pool, one LISTEN connection; from the row's own time to the notification. */
async function bareLimit(databaseUrl: string): Promise<Spread> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 12 })
  const listener = new pg.Client({ connectionString: databaseUrl })
  await listener.connect()
  await pool.query('create table bench_row (number int, at timestamptz)')
  await listener.query('listen bench')
  const late: number[] = []
  listener.on('notification', ({ payload }) => late.push(performance.timeOrigin + performance.now() - Number(payload)))
  await paced(RATE / TOGETHER, (RATE / TOGETHER) * 5, () =>
    pool.query(
      `with row as (
         insert into bench_row select number, clock_timestamp() from generate_series(1, ${TOGETHER}) as number returning at
       ) select pg_notify('bench', (extract(epoch from max(at)) * 1000)::text) from row`,
    ),
  )
  await sleep(200)
  await listener.end()
  await pool.end()
  return spread(late)
}

async function report(web: Web): Promise<void> {
  const figures = await measure(web)
  const { arrived, limit, committed, memoryMb } = figures
  const cells = ({ p50, p95, p99, max }: Spread) => [p50, p95, p99, max]
  printTable(
    `${figures.clients} clients of one web process, ${figures.total} events at ${figures.rate} a second (asked: ${RATE}); milliseconds`,
    ['what', 'p50', 'p95', 'p99', 'max', 'lost', 'doubled', 'out of order'],
    [
      ['limit: bare row → LISTEN, one listener', ...cells(limit), '', '', ''],
      [`transaction of ${TOGETHER} events: begin → commit`, ...cells(committed), '', '', ''],
      ['event row → client', ...cells(arrived), figures.lost, figures.doubled, figures.disordered],
    ],
  )
  printTable(
    'Memory of the web process, MB',
    ['before', `${CLIENTS} clients open`, 'peak'],
    [[memoryMb.idle, memoryMb.open, memoryMb.peak]],
  )
  keep('events', { web: given.plain ? 'REST and tRPC without pages' : 'next start', ...figures })
}

if (given.plain) {
  await withBed(async (bed) => {
    const server = await startServer()
    try {
      await report({ url: server.url, pid: server.process.pid, databaseUrl: bed.url })
    } finally {
      await killServer(server)
    }
  })
} else {
  await withProduct({}, async (product) => {
    await report({ url: product.url, pid: product.idOf('web'), databaseUrl: product.databaseUrl })
  })
}
