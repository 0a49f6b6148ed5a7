import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { pool } from '#server/platform/database/pool'
import { transaction } from '#server/platform/database/transaction'
import type { JobHandler } from './consumer'
import { enqueue, lanes, PAYLOAD_VERSION, queue, stopQueue } from './queue'
import { add, isEmpty, jobRows, order, startConsumer, until } from './testing'

const running: { stop: (limitMs?: number) => Promise<void> }[] = []
async function consume(handle: JobHandler, slots?: { quick: number; long: number }) {
  const started = await startConsumer(handle, slots)
  running.push(started)
  return started
}

beforeAll(() => queue({ supervise: true }))
afterEach(async () => {
  await Promise.all(running.splice(0).map((consumer) => consumer.stop(500)))
  await database().$executeRaw`delete from pgboss.job`
})
afterAll(stopQueue)

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('equal jobs are handled together, and none of what caused them is overlooked', async () => {
  await database().$executeRaw`create table cause (number int primary key, seen boolean not null default false)`
  const organizationId = randomUUID()
  const requirementId = randomUUID()
  let handled = 0
  await consume(async () => {
    handled += 1
    await database().$executeRaw`update cause set seen = true where not seen`
    await sleep(3)
  })
  const causes = 300
  const write = (number: number) =>
    transaction(async (tx) => {
      await tx.$executeRaw`insert into cause (number) values (${number}::int)`
      await enqueue(tx, [order('advance-requirement', organizationId, { requirementId })])
      await sleep(Math.random() * 4)
    })
  for (let number = 0; number < causes; number += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, index) => write(number + index)))
  }
  await until(() => isEmpty(organizationId))
  const [left] = await database().$queryRaw<{ count: number }[]>`select count(*)::int from cause where not seen`
  expect(left?.count).toBe(0)
  expect(await jobRows(organizationId)).toHaveLength(causes)
  expect(handled).toBeLessThan(causes / 2)
})

test('different requirements, and jobs that carry their own content, are never joined', async () => {
  const organizationId = randomUUID()
  const seen: string[] = []
  const jobs = [
    ...[1, 2, 3].map(() => order('advance-requirement', organizationId)),
    ...[1, 2, 3].map((number) =>
      order('record-signal', organizationId, { requirementId: 'same', sequence: String(number) }),
    ),
  ]
  await add(...jobs)
  await consume(async (job) => void seen.push(`${job.name} ${job.requirementId} ${job.sequence}`))
  await until(() => isEmpty(organizationId))
  expect(new Set(seen).size).toBe(6)
})

test.each([
  ['quick' as const, 'record-signal' as const, 2_000, 5, { quick: 2, long: 1 }],
  ['long' as const, 'execute-run' as const, 400, 40, { quick: 1, long: 4 }],
])(
  '%s lane: a small organization waits briefly beside one with very many jobs',
  async (_lane, name, many, ms, slots) => {
    const big = randomUUID()
    const small = randomUUID()
    await add(...Array.from({ length: many }, () => ({ ...order(name, big), priority: 5 })))
    const waits: number[] = []
    let bigDone = 0
    await consume(async (job) => {
      if (job.organizationId === small) waits.push(performance.now() - Number(job.runId))
      else bigDone += 1
      await sleep(ms)
    }, slots)
    await until(async () => bigDone > slots.long * 2)
    const alone = (many / Math.max(slots.quick, slots.long)) * ms
    for (let count = 1; count <= 8; count += 1) {
      await add(order(name, small, { runId: String(performance.now()) }))
      await until(async () => waits.length === count)
    }
    const after = [...waits].slice(1).sort((one, other) => one - other)
    process.stdout.write(
      `${_lane}: first wait ${Math.round(waits[0] ?? 0)} ms, then median ${Math.round(after[3] ?? 0)} ms; in line it would be about ${alone} ms\n`,
    )
    expect(waits[0]).toBeLessThan(alone / 3)
    expect(after[3]).toBeLessThan(alone / 10)
    expect(bigDone).toBeLessThan(many)
  },
  30_000,
)

test('what has the higher priority comes first, whatever number it is', async () => {
  const organizationId = randomUUID()
  const ranks = [3.7, -2, 1e300, 0, Number.NaN, -1e300, 42]
  const jobs = ranks.map((priority, index) => ({
    ...order('execute-run', organizationId, { runId: String(index) }),
    priority,
  }))
  await add(...jobs)
  const seen: string[] = []
  await consume(async (job) => void seen.push(String(ranks[Number(job.runId)])), { quick: 1, long: 1 })
  await until(() => isEmpty(organizationId))
  expect(seen).toEqual(['1e+300', '42', '3.7', '0', 'NaN', '-2', '-1e+300'])
})

test('a job that always fails waits longer each time and holds up nobody', async () => {
  const organizationId = randomUUID()
  await add(order('record-signal', organizationId, { runId: 'poison' }))
  const seen: string[] = []
  await consume(async (job) => {
    seen.push(String(job.runId))
    if (job.runId === 'poison') throw new Error('as always')
  })
  const delays: number[] = []
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const [row] = await until(async () => {
      const rows = (await jobRows(organizationId)).filter(
        ({ data, state }) => data.runId === 'poison' && state === 'retry',
      )
      return rows[0]?.retry_count === attempt ? rows : null
    })
    delays.push(row?.due ?? 0)
    await add(order('record-signal', organizationId, { runId: `other ${attempt}` }))
    await until(async () => seen.includes(`other ${attempt}`), 5_000)
    await database().$executeRaw`update pgboss.job set start_after = now() where state = 'retry'`
  }
  expect(delays[2]).toBeGreaterThan(delays[0] ?? 0)
  expect(delays[2]).toBeGreaterThan(1.5)
})

test('what a worker does not know stays for a newer one, and is not counted as a failure', async () => {
  const organizationId = randomUUID()
  const newer = { name: 'record-signal', organizationId, version: PAYLOAD_VERSION + 1 }
  const unknown = { name: 'learn-to-fly', organizationId, version: PAYLOAD_VERSION }
  const boss = await queue()
  const group = { id: organizationId }
  await boss.insert('quick', [
    { data: newer, group },
    { data: unknown, group },
  ])
  const seen: string[] = []
  await consume(async (job) => void seen.push(job.name))
  await add(order('record-signal', organizationId))
  await until(async () => seen.length > 0)
  await until(async () => (await jobRows(organizationId)).filter((row) => row.state === 'retry').length === 2)
  expect(seen).toEqual(['record-signal'])
})

test('a worker that stops hands everything back at once: what ran, and what waited', async () => {
  const organizationId = randomUUID()
  const first = await startConsumer(
    (_job, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    { quick: 1, long: 2 },
  )
  const stubborn = await startConsumer(() => new Promise(() => {}), { quick: 1, long: 2 })
  await add(...Array.from({ length: 4 }, () => order('execute-run', organizationId)))
  await add(...Array.from({ length: 4 }, () => order('record-signal', organizationId)))
  await until(async () => (await jobRows(organizationId)).every((row) => row.state === 'active'))
  await consume(async () => {}, { quick: 2, long: 4 })
  const begun = performance.now()
  await Promise.all([first.stop(2_000), stubborn.stop(2_000)])
  const stopped = performance.now() - begun
  await until(() => isEmpty(organizationId), 5_000)
  const taken = performance.now() - begun
  process.stdout.write(`stopped after ${Math.round(stopped)} ms, all done elsewhere after ${Math.round(taken)} ms\n`)
  expect(stopped).toBeLessThan(3_000)
})

test('a job is completed under its attempt only: who comes back late changes nothing', async () => {
  const organizationId = randomUUID()
  let release = () => {}
  const frozen = new Promise<void>((resolve) => {
    release = resolve
  })
  const handled: string[] = []
  await consume(async () => {
    handled.push('any')
    if (handled.length === 1) await frozen
    else await sleep(300)
  })
  await add(order('execute-run', organizationId))
  await until(async () => handled.length === 1)
  await database().$executeRaw`update pgboss.job set state = 'retry', start_after = now()` // as a takeover does
  await until(async () => handled.length === 2)
  release()
  await sleep(100)
  expect(await jobRows(organizationId)).toMatchObject([{ state: 'active', retry_count: 1 }])
  await until(() => isEmpty(organizationId))
})

test('one fetch for a notification, and few statements when nothing happens', async () => {
  const organizationId = randomUUID()
  const boss = await queue()
  const original = boss.fetch.bind(boss)
  let fetches = 0
  boss.fetch = ((...given: Parameters<typeof original>) => {
    fetches += 1
    return original(...given)
  }) as typeof boss.fetch
  const latencies: number[] = []
  await consume(async (job) => void latencies.push(performance.now() - Number(job.runId)))
  await sleep(300)
  fetches = 0
  const begun = performance.now()
  for (let count = 1; count <= 20; count += 1) {
    await add(order('record-signal', organizationId, { runId: String(performance.now()) }))
    await until(async () => latencies.length === count)
  }
  await until(() => isEmpty(organizationId))
  // Each lane's regular look every 2 seconds comes in between, the more often the slower the machine is.
  const looks = lanes.length * Math.ceil((performance.now() - begun) / 2_000)
  const forTwenty = fetches - looks
  // Each statement takes a connection from the process's one pool.
  let sent = 0
  const count = () => {
    sent += 1
  }
  pool().on('acquire', count)
  const quiet = performance.now()
  await sleep(7_000)
  const idle = (sent * 1_000) / (performance.now() - quiet)
  pool().off('acquire', count)
  boss.fetch = original as typeof boss.fetch
  const sorted = latencies.sort((one, other) => one - other)
  process.stdout.write(
    `fetches for 20 jobs ${forTwenty}; from before the transaction to the handler p50 ${sorted[10]?.toFixed(1)} ms; idle: ${idle.toFixed(1)} statements a second\n`,
  )
  expect(forTwenty).toBeLessThanOrEqual(32)
  expect(idle).toBeLessThan(4) // a look of each lane and one at dead workers every 2 seconds; the queue's own maintenance
})

test.each([
  [['5', '20', '7'], '20'],
  [['5', undefined, '7'], undefined],
])('equal jobs that waited together are handled as the newest of them: %j', async (sequences, handled) => {
  const organizationId = randomUUID()
  const seen: (string | undefined)[] = []
  await add(
    ...sequences.map((sequence) =>
      order('advance-requirement', organizationId, { requirementId: 'same', ...(sequence ? { sequence } : {}) }),
    ),
  )
  await consume(async (job) => void seen.push(job.sequence))
  await until(() => isEmpty(organizationId))
  expect(seen).toEqual([handled])
})
