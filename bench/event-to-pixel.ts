import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Page } from 'playwright'
import type { Scope } from '#server/auth/model'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { ensureDemoProject } from '#server/setup/commands'
import { ready } from '../e2e/fixtures'
import { withBrowser, withProduct } from './product'
import { keep, printTable, type Spread, spread } from './report'

const EVENTS = 200
const RATES = [20, 100]
/** Appended before the ones that count, so that nothing is compiled or connected for the first time. */
const WARM_UP = 20
/** Milliseconds from one event in the database to the same one on the screen. */
const BUDGET = { p50: 60, p95: 250 }

/** The clock that the page reads as well. */
const now = () => performance.timeOrigin + performance.now()

interface Call {
  called: number
  done: number
}

/** Calls `act` for 1 to `count` at this many a second, however long each takes. */
async function paced(count: number, perSecond: number, act: (number: number) => Promise<void>): Promise<Call[]> {
  const start = performance.now()
  const calls: Promise<Call>[] = []
  for (let number = 1; number <= count; number += 1) {
    const wait = start + ((number - 1) * 1000) / perSecond - performance.now()
    if (wait > 0) await sleep(wait)
    const called = now()
    calls.push(act(number).then(() => ({ called, done: now() })))
  }
  return Promise.all(calls)
}

/** An event that nothing follows from; its number is in the sentence that pages show. */
function appendNumbered(scope: Scope, projectId: string, number: number): Promise<void> {
  const draft = { type: 'project.changed', projectId, payload: { name: `event ${number}` } }
  return transaction((tx) => append(tx, scope, [draft]))
}

/** What live-recorder.js writes down in the page. */
interface Recorded {
  received: { number: number; sequence: number; time: number }[]
  painted: { upTo: number; time: number }[]
}

declare global {
  var recorded: Recorded
}

interface Figures {
  where: string
  rate: number
  /** From the call of `append` to its commit. */
  committed: Spread
  /** From the commit. */
  received: Spread
  painted: Spread
  lost: number
  doubled: number
  disordered: number
}

/** Appends numbered events while a page is open; from commit to message in the page, and to pixels. */
async function measurePage(
  page: Page,
  at: { where: string; address: string; scope: Scope; projectId: string },
  rate: number,
): Promise<Figures> {
  await page.goto(at.address)
  await ready(page)
  await page.locator('[data-connection="live"]').waitFor({ state: 'attached' })
  await paced(WARM_UP, RATES[0] as number, (number) => appendNumbered(at.scope, at.projectId, number))
  await page.goto(at.address)
  await page.locator('[data-connection="live"]').waitFor({ state: 'attached' })
  await sleep(1_500)
  const offset = 1_000 // live-recorder.js leaves smaller numbers out
  const calls = await paced(EVENTS, rate, (number) => appendNumbered(at.scope, at.projectId, offset + number))
  await page.waitForFunction((last) => recorded.painted.some(({ upTo }) => upTo >= last), EVENTS, { timeout: 30_000 })
  await sleep(500)
  const { received, painted }: Recorded = await page.evaluate(() => recorded)
  const arrivals = new Map(received.map(({ number, time }) => [number - offset, time]))
  const numbers = Array.from({ length: EVENTS }, (_, index) => index + 1)
  // Commits may overtake each other on several connections; the page counts in the order of the log.
  const order = new Map(received.map(({ number }, index) => [number - offset, index + 1]))
  const commitOf = (number: number) => calls[number - 1]?.done ?? Number.NaN
  const paintOf = (number: number) => painted.find(({ upTo }) => upTo >= (order.get(number) ?? number))?.time
  return {
    where: at.where,
    rate,
    committed: spread(calls.map(({ called, done }) => done - called)),
    received: spread(numbers.map((number) => (arrivals.get(number) ?? Number.NaN) - commitOf(number))),
    painted: spread(numbers.map((number) => (paintOf(number) ?? Number.NaN) - commitOf(number))),
    lost: numbers.filter((number) => !arrivals.has(number) || paintOf(number) === undefined).length,
    doubled: received.length - arrivals.size,
    disordered: received.filter(({ sequence }, index) => index > 0 && sequence <= (received[index - 1]?.sequence ?? 0))
      .length,
  }
}

/** The same without us: INSERT and NOTIFY on one connection, LISTEN on another, in this process. */
async function bareLimit(databaseUrl: string, rate: number): Promise<Spread> {
  const writer = new pg.Pool({ connectionString: databaseUrl, max: 12 })
  const listener = new pg.Client({ connectionString: databaseUrl })
  await listener.connect()
  await writer.query('create table if not exists bench_event (like "Event" including all)')
  await listener.query('listen bench')
  const heard = new Map<number, number>()
  listener.on('notification', ({ payload }) => heard.set(Number(payload), now()))
  const write = async (number: number) => {
    await writer.query(
      `with row as (insert into bench_event ("organizationId", sequence, type, actor, payload)
         values (gen_random_uuid(), $1::int, 'project.changed', '{}', '{}') returning sequence)
       select pg_notify('bench', sequence::text) from row`,
      [number],
    )
  }
  await paced(WARM_UP, rate, (number) => write(-number))
  const calls = await paced(EVENTS, rate, write)
  while (heard.size < WARM_UP + EVENTS) await sleep(20)
  await listener.end()
  await writer.end()
  return spread(calls.map(({ called }, index) => (heard.get(index + 1) ?? Number.NaN) - called))
}

const figures: { limit: { rate: number; heard: Spread }[]; pages: Figures[] } = { limit: [], pages: [] }
await withProduct({}, async (product) => {
  await withBrowser(product, async (_browser, signedIn) => {
    const page = await signedIn()
    const { scope, projectId } = await ensureDemoProject()
    await page.addInitScript({ path: path.join(import.meta.dirname, 'live-recorder.js') })
    for (const place of [
      { where: 'activity, “Show n new”', address: '/activity' },
      { where: 'project, newest line', address: `/projects/${projectId}` },
    ]) {
      for (const rate of RATES) figures.pages.push(await measurePage(page, { ...place, scope, projectId }, rate))
    }
  })
  // Last, when nothing starts up any more.
  for (const rate of RATES) figures.limit.push({ rate, heard: await bareLimit(product.databaseUrl, rate) })
})

const cells = ({ p50, p95, max }: Spread) => [p50, p95, max]
printTable(
  `Milliseconds, ${EVENTS} events each; budget from commit to pixels p50 ${BUDGET.p50}, p95 ${BUDGET.p95}`,
  ['what', 'per second', 'p50', 'p95', 'max', 'p95 to budget', 'lost', 'doubled', 'out of order'],
  [
    ...figures.limit.map(({ rate, heard }) => [
      'limit: bare INSERT + NOTIFY → LISTEN',
      rate,
      ...cells(heard),
      '',
      '',
      '',
      '',
    ]),
    ...figures.pages.flatMap(({ where, rate, committed, received, painted, lost, doubled, disordered }) => [
      [`${where}: append → commit`, rate, ...cells(committed), '', '', '', ''],
      [`${where}: commit → message`, rate, ...cells(received), '', lost, doubled, disordered],
      [
        `${where}: commit → painted`,
        rate,
        ...cells(painted),
        Math.round((painted.p95 / BUDGET.p95) * 100) / 100,
        '',
        '',
        '',
      ],
    ]),
  ],
)
keep('event-to-pixel', figures)
