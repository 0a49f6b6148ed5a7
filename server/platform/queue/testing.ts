import { randomUUID } from 'node:crypto'
import type { JobName } from '#server/flow'
import type { Lane } from '#server/kernel/job'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { Consumer, type JobHandler } from './consumer'
import { Listener } from './listener'
import { enqueue, JOBS_CHANNEL, type JobOrder, queue } from './queue'

/** A dispatcher of its own with a handler of the test's. */
export async function startConsumer(
  handle: JobHandler,
  slots: Partial<Record<Lane, number>> = {},
): Promise<{ consumer: Consumer; stop: (limitMs?: number) => Promise<void> }> {
  await queue({ supervise: true })
  const listener = new Listener([JOBS_CHANNEL])
  await listener.start()
  const consumer = new Consumer(handle, { quick: 4, long: 4, message: 4, ...slots }, listener)
  await consumer.start()
  return {
    consumer,
    async stop(limitMs = 5_000) {
      await consumer.stop(limitMs)
      await listener.stop()
    },
  }
}

/** Adds jobs in a transaction of their own. */
export function add(...orders: JobOrder[]): Promise<void> {
  return transaction((tx) => enqueue(tx, orders))
}

export function order(name: JobName, organizationId: string, more: Partial<JobOrder['job']> = {}): JobOrder {
  return { job: { name, organizationId, requirementId: randomUUID(), ...more } }
}

export interface JobRow {
  state: string
  retry_count: number
  /** seconds from now */
  due: number
  data: { name: string; runId?: string }
}

export function jobRows(organizationId: string): Promise<JobRow[]> {
  return database().$queryRaw<JobRow[]>`
    select state::text, retry_count, extract(epoch from start_after - now())::float8 as due, data
    from pgboss.job where group_id = ${organizationId} order by created_on`
}

export async function isEmpty(organizationId: string): Promise<boolean> {
  return (await jobRows(organizationId)).every((row) => row.state === 'completed')
}

/** Waits for a fact, looking every few milliseconds. */
export async function until<T>(look: () => Promise<T | null | undefined | false>, limitMs = 240_000): Promise<T> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (performance.now() > deadline) throw new Error(`not seen within ${limitMs} ms: ${look}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
