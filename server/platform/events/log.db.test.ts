import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { Prisma } from '#server/platform/database/generated/client'
import { transaction } from '#server/platform/database/transaction'
import { databaseEnvironment } from '#server/platform/env/database'
import { queue, stopQueue } from '#server/platform/queue/queue'
import { follow, stopHub } from './hub'
import { append, appendAbout, appendWith, lastSequence, readEvents } from './log'
import { testScope } from './testing'

let keeper: pg.Client
beforeAll(async () => {
  await queue()
  keeper = new pg.Client({ connectionString: databaseEnvironment().DATABASE_URL })
  await keeper.connect()
  await keeper.query('create table plain (id bigserial primary key, number text)')
})
afterAll(async () => {
  await stopHub()
  await keeper.end()
  await stopQueue()
})

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const scopes = [1, 2, 3].map(() => testScope())
const WRITERS = 10
const EACH = 30
const NO_GOOD = new Error('rolled back by the test')

const committed = new Map<string, string[]>(scopes.map(({ organizationId }) => [organizationId, []]))
const draft = (number: string) => ({ type: 'decision.snoozed', payload: { number } })

/** One transaction that ends late, or not at all; every third is held open after its events got their sequences. */
async function writeOnce(writer: number, turn: number): Promise<void> {
  const chosen = scopes.filter((_, index) => index === (writer + turn) % 3 || (turn % 7 === 0 && index === turn % 3))
  const told = chosen.map((scope) => ({ scope, numbers: [1, 2].map((part) => `${writer}.${turn}.${part}`) }))
  const fails = Math.random() < 0.2
  const holds = turn % 3 === 0 && chosen.length === 1
  const run = holds ? (work: typeof inside) => database().$transaction(work) : transaction
  const inside = async (tx: Parameters<Parameters<typeof transaction>[0]>[0]) => {
    await tx.$executeRaw`insert into plain (number) values (${`${writer}.${turn}`})`
    for (const { scope, numbers } of told) await append(tx, scope, numbers.map(draft))
    await sleep(Math.random() * 12)
    if (fails) throw NO_GOOD
  }
  try {
    await run(inside)
    for (const { scope, numbers } of told) committed.get(scope.organizationId)?.push(...numbers)
  } catch (error) {
    if (error !== NO_GOOD) throw error
  }
}

/** Reads by id, as one would with any ever-growing number that is given before the commit. */
async function readPlainly(stop: AbortSignal): Promise<Set<string>> {
  const seen = new Set<string>()
  let last = '0'
  for (;;) {
    const ended = stop.aborted
    const { rows } = await keeper.query('select id, number from plain where id > $1 order by id', [last])
    for (const row of rows) seen.add(row.number)
    last = rows.at(-1)?.id ?? last
    if (ended) return seen
    await sleep(1)
  }
}

/** Follows by sequence on a connection of its own, which is killed again and again. */
async function readBySequence(organizationId: string, stop: AbortSignal): Promise<string[]> {
  const seen: string[] = []
  let last = '0'
  let client: pg.Client | undefined
  for (;;) {
    const ended = stop.aborted
    try {
      if (!client) {
        client = new pg.Client({ connectionString: databaseEnvironment().DATABASE_URL, application_name: 'reader' })
        client.on('error', () => {})
        await client.connect()
      }
      const { rows } = await client.query(
        `select sequence, payload ->> 'number' as number from "Event" where "organizationId" = $1 and sequence > $2
         order by sequence`,
        [organizationId, last],
      )
      for (const row of rows) seen.push(`${row.sequence} ${row.number}`)
      last = rows.at(-1)?.sequence ?? last
      if (ended) return seen
    } catch {
      await client?.end().catch(() => {})
      client = undefined
    }
    await sleep(2)
  }
}

/** Follows through the hub. */
async function readByHub(index: number, stop: AbortSignal): Promise<string[]> {
  const scope = scopes[index % 3] as (typeof scopes)[0]
  const seen: string[] = []
  let last = 0n
  while (!stop.aborted || last < (await lastSequence(scope))) {
    const leave = new AbortController()
    const enough = 5 + Math.floor(Math.random() * 40)
    const timer = setTimeout(() => leave.abort(), 200)
    for await (const message of follow(scope, last, leave.signal)) {
      if (message.type !== 'events') continue
      for (const event of message.batches.flatMap((batch) => batch.events)) {
        seen.push(`${event.sequence} ${(event.payload as { number: string }).number}`)
        last = event.sequence
      }
      if (seen.length % enough === 0) break
    }
    clearTimeout(timer)
    leave.abort()
  }
  return seen
}

test('whoever follows by sequence gets everything once and in order; whoever follows by plain ids loses', async () => {
  const stop = new AbortController()
  const plain = readPlainly(stop.signal)
  const bySequence = scopes.map((scope) => readBySequence(scope.organizationId, stop.signal))
  const byHub = [0, 1, 2, 3, 4, 5].map((index) => readByHub(index, stop.signal))
  let kills = 0
  const killer = setInterval(async () => {
    const { rows } = await keeper.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and (application_name = 'reader' or application_name like 'listener %')`,
    )
    kills += rows.length
  }, 150)
  const writer = async (number: number) => {
    for (let turn = 0; turn < EACH; turn += 1) await writeOnce(number, turn)
  }
  await Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)))
  clearInterval(killer)
  stop.abort()

  const seenPlainly = await plain
  const { rows } = await keeper.query('select number from plain')
  const lostPlainly = rows.filter(({ number }) => !seenPlainly.has(number)).length
  for (const [index, reader] of [...bySequence, ...byHub].entries()) {
    const scope = scopes[index % 3] as (typeof scopes)[0]
    const seen = await reader
    const sequences = seen.map((line) => Number(line.split(' ')[0]))
    const numbers = seen.map((line) => line.split(' ')[1])
    expect(sequences).toEqual(sequences.map((_, place) => place + 1))
    expect([...numbers].sort()).toEqual([...(committed.get(scope.organizationId) ?? [])].sort())
  }
  const total = [...committed.values()].flat().length
  process.stdout.write(
    `${total} events in 3 organizations, ${kills} connections killed: by sequence 0 lost, 0 doubled for 9 readers; by plain ids ${lostPlainly} of ${rows.length} lost\n`,
  )
  expect(kills).toBeGreaterThan(3)
  expect(lostPlainly).toBeGreaterThan(0)
})

test('a transaction sends one notification, whatever it writes, and jobs name the event that caused them', async () => {
  const heard: string[] = []
  await keeper.query('listen orchestrator_live')
  keeper.on('notification', ({ payload }) => heard.push(payload ?? ''))
  const one = testScope()
  const other = testScope()
  const requirementId = randomUUID()
  await transaction(async (tx) => {
    await append(tx, one, [draft('a')])
    await append(tx, other, [{ type: 'decision.answered', requirementId, payload: {} }])
    await append(tx, one, [{ type: 'run.finished', requirementId, payload: {}, priority: 7 }])
  })
  await keeper.query('select 1')
  expect(heard).toHaveLength(1)
  expect(JSON.parse(heard[0] ?? '')).toMatchObject({ j: expect.arrayContaining(['quick', 'long']) })
  const { rows } = await keeper.query(
    `select name, priority, group_id, data from pgboss.job
     where group_id = any($1) and data ->> 'name' = any($2) order by priority, name`,
    [
      [one.organizationId, other.organizationId],
      ['write-record', 'advance-requirement'],
    ],
  )
  expect(rows).toMatchObject([
    { name: 'long', priority: 0, data: { name: 'write-record', sequence: '1' } },
    { name: 'quick', priority: 0, data: { name: 'advance-requirement', sequence: '1' } },
    { name: 'quick', priority: 7, group_id: one.organizationId, data: { requirementId, sequence: '2' } },
  ])
  expect((await readEvents(one, { after: 0n, limit: 9 })).map(({ type }) => type)).toEqual([
    'decision.snoozed',
    'run.finished',
  ])
})

test('a transaction that is rolled back leaves neither events nor jobs nor a gap', async () => {
  const scope = testScope()
  await transaction((tx) => append(tx, scope, [draft('first')]))
  const failing = transaction(async (tx) => {
    await append(tx, scope, [{ type: 'run.finished', payload: {} }])
    throw NO_GOOD
  })
  await expect(failing).rejects.toBe(NO_GOOD)
  await transaction((tx) => append(tx, scope, [draft('second')]))
  expect((await readEvents(scope, { after: 0n, limit: 9 })).map(({ sequence }) => sequence)).toEqual([1n, 2n])
  const { rows } = await keeper.query('select 1 from pgboss.job where group_id = $1', [scope.organizationId])
  expect(rows).toHaveLength(0)
})

test('of many that make one change with its event, one does: one event, one job, and nothing of the others', async () => {
  const scope = testScope()
  await transaction((tx) => append(tx, scope, [draft('before')]))
  const id = `race ${scope.organizationId}`
  await keeper.query('insert into plain (number) values ($1)', [id])
  const change = (to: string) =>
    Prisma.sql`update plain set number = ${to} where number = ${id} and ${to} <> '' returning id`
  const finished = (payload: object) => ({ type: 'run.finished', requirementId: randomUUID(), payload })
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, index) => appendWith(scope, change(`won by ${index}`), [finished({ index })])),
  )
  expect(made.filter(Boolean)).toHaveLength(1)
  expect(await appendWith(scope, change('late'), [finished({})])).toBe(false)
  const events = await readEvents(scope, { after: 1n, limit: 99 })
  expect(events).toMatchObject([{ type: 'run.finished', sequence: 2n, payload: { index: made.indexOf(true) } }])
  const { rows } = await keeper.query('select data from pgboss.job where group_id = $1', [scope.organizationId])
  expect(rows).toMatchObject([{ data: { name: 'advance-requirement', sequence: '2' } }])
})

test('a change with its event inside a transaction shares its fate', async () => {
  const scope = testScope()
  await keeper.query('insert into plain (number) values ($1)', [scope.organizationId])
  const change = Prisma.sql`update plain set number = 'changed' where number = ${scope.organizationId} returning id`
  const told = async (fails: boolean) =>
    transaction(async () => {
      expect(await appendWith(scope, change, [draft('inside')])).toBe(true)
      if (fails) throw NO_GOOD
    })
  await expect(told(true)).rejects.toBe(NO_GOOD)
  await told(false)
  expect((await readEvents(scope, { after: 0n, limit: 9 })).map(({ sequence }) => sequence)).toEqual([1n])
})

test('an event about the row that was changed takes its ids and words from it', async () => {
  const scope = testScope()
  const row = { id: randomUUID(), projectId: randomUUID(), requirementId: randomUUID(), taskId: null }
  await keeper.query(
    `create table about (id uuid, "projectId" uuid, "requirementId" uuid, "taskId" uuid, "organizationId" uuid,
       at timestamptz(3) default now(), claimed boolean default false)`,
  )
  await keeper.query('insert into about (id, "projectId", "requirementId", "organizationId") values ($1, $2, $3, $4)', [
    row.id,
    row.projectId,
    row.requirementId,
    scope.organizationId,
  ])
  const change = Prisma.sql`
    update about set claimed = true where id = ${row.id}::uuid and not claimed
    returning about.*, jsonb_build_object('attempt', 3) as told`
  const event = { type: 'run.finished', runId: row.id }
  const changed = await appendAbout<typeof row & { at: Date }>(scope, change, event)
  expect(changed).toMatchObject({ ...row, claimed: true, at: expect.any(Date) })
  expect(await appendAbout(scope, change, event)).toBeNull()
  await keeper.query('update about set claimed = false')
  expect(await transaction(() => appendAbout(scope, change, event))).toMatchObject(row)
  const about = { type: 'run.finished', runId: row.id, requirementId: row.requirementId, payload: { attempt: 3 } }
  expect(await readEvents(scope, { after: 0n, limit: 9 })).toMatchObject([
    { ...about, projectId: row.projectId, sequence: 1n },
    { ...about, projectId: row.projectId, sequence: 2n },
  ])
})
