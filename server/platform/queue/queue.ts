import { PgBoss } from 'pg-boss'
import { type JobName, jobLanes } from '#server/flow'
import { messageOf } from '#server/kernel/app-error'
import type { JobData, Lane } from '#server/kernel/job'
import { pool } from '#server/platform/database/pool'
import type { Transaction } from '#server/platform/database/transaction'
import { CHANNEL, type Outbox, tell } from '#server/platform/events/outbox'
import { logger } from '#server/platform/logging/logger'

/** Where workers hear that there is something to do. */
export const JOBS_CHANNEL = CHANNEL
export const lanes: readonly Lane[] = ['quick', 'long', 'message']

/** A job as it lies in the queue. */
export interface QueuedJob extends JobData {
  name: JobName
  /** Of its shape: a worker leaves what is newer than itself to a newer worker. Missing in jobs from before it. */
  version?: number
}

/** Raise it when jobs get a shape or meaning that workers of the release before would do wrong. */
export const PAYLOAD_VERSION = 1

/**
 * Seconds of pg-boss's own look at dead workers. The consumer's takeover is faster (attempts.ts); this one also clears
 * away what is done.
 */
const HEARTBEAT_SECONDS = 15
const SUPERVISE_SECONDS = 30

const slot = globalThis as { orchestratorQueue?: Promise<PgBoss> }

async function start(supervise: boolean): Promise<PgBoss> {
  const boss = new PgBoss({
    // The process's one pool: no connections of its own.
    db: { executeSql: (text, values) => pool().query(text, values as unknown[]) },
    supervise,
    schedule: false,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    flowIntervalSeconds: 3600,
    bamIntervalSeconds: 600,
    queueCacheIntervalSeconds: 600,
    registerInstance: false,
  })
  boss.on('error', (error) => logger().error({ err: error }, 'queue'))
  try {
    await boss.start()
    for (const lane of lanes) await ensureQueue(boss, lane)
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {})
    throw error
  }
  return boss
}

async function ensureQueue(boss: PgBoss, lane: Lane): Promise<void> {
  const wanted = {
    // A job is never given up: what it needs (a sandbox, a disk, git) may come back at any time.
    retryLimit: 1_000_000,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 60,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    expireInSeconds: 12 * 3600,
    deleteAfterSeconds: 3600,
  }
  await boss.createQueue(lane, { policy: 'standard', ...wanted })
  const present = await boss.getQueue(lane)
  if (present?.heartbeatSeconds !== HEARTBEAT_SECONDS) await boss.updateQueue(lane, wanted)
}

/**
 * The process's queue, started on first use. The worker asks for supervision; pg-boss itself makes sure that only one
 * process supervises at a time.
 */
export function queue(options: { supervise: boolean } = { supervise: false }): Promise<PgBoss> {
  slot.orchestratorQueue ??= start(options.supervise).catch((error) => {
    slot.orchestratorQueue = undefined
    throw new Error(`The job queue did not start: ${messageOf(error)}`, { cause: error })
  })
  return slot.orchestratorQueue
}

export async function stopQueue(): Promise<void> {
  const starting = slot.orchestratorQueue
  slot.orchestratorQueue = undefined
  const boss = await starting?.catch(() => undefined)
  await boss?.stop({ graceful: false })
}

/** A job to add, and when. */
export interface JobOrder {
  job: Omit<QueuedJob, 'version'>
  /** The higher, the earlier; 0 when left out. Fractions are cut off. */
  priority?: number
  /** Seconds from now; at once when left out. */
  startAfterSeconds?: number
  /** Begins at the end of the running window of so many seconds, together with all others of that window. */
  gatherSeconds?: number
  /** The event that caused it, by its place in the same transaction's outbox; its sequence is filled in. */
  place?: number
}

/**
 * Adds jobs inside the caller's transaction: they exist exactly when what caused them does. Each belongs to its
 * organization's group, so that thousands of jobs of one do not hold up another one's.
 */
export async function enqueue(tx: Transaction, orders: readonly JobOrder[]): Promise<void> {
  if (orders.length > 0) await tell(tx, (outbox) => addJobs(outbox, orders))
}

/** The same into an outbox, for events that bring their jobs. */
export async function addJobs(outbox: Outbox, orders: readonly JobOrder[]): Promise<void> {
  if (orders.length === 0) return
  const boss = await queue()
  for (const lane of lanes) {
    const own = orders.filter(({ job }) => jobLanes[job.name] === lane)
    if (own.length === 0) continue
    const { insert, jobs } = await written(boss, lane, own.map(toInsert))
    outbox.addJobs({ lane, insert, jobs: jobs.map((job, index) => withWindow(job, own[index]?.gatherSeconds)) })
  }
}

/** The window's end is the database's to know: the outbox fills it in. */
function withWindow(job: object, gatherSeconds: number | undefined): object {
  return gatherSeconds ? { ...job, gatherSeconds } : job
}

function toInsert({ job, priority = 0, startAfterSeconds, place }: JobOrder) {
  return {
    data: { ...job, version: PAYLOAD_VERSION, ...(place === undefined ? {} : { sequence: place }) },
    priority: toPriority(priority),
    group: { id: job.organizationId },
    ...(startAfterSeconds ? { startAfter: startAfterSeconds } : {}),
  }
}

/** What pg-boss would send to insert these jobs, without sending it: it becomes part of the outbox's one statement. */
async function written(boss: PgBoss, lane: Lane, jobs: object[]): Promise<{ insert: string; jobs: object[] }> {
  let caught: { text: string; list: string } | undefined
  const db = {
    executeSql: async (text: string, values?: unknown[]) => {
      caught = { text, list: String(values?.[0]) }
      return { rows: [] }
    },
  }
  await boss.insert(lane, jobs, { db, returnId: false })
  if (!caught) throw new Error('the job queue did not say how it inserts jobs')
  return { insert: caught.text, jobs: JSON.parse(caught.list) }
}

const MOST_PRIORITY = 1_000_000_000

/** Any number, such as a rank in seconds, as the whole number the queue sorts by. */
function toPriority(priority: number): number {
  if (Number.isNaN(priority)) return 0
  return Math.trunc(Math.max(-MOST_PRIORITY, Math.min(MOST_PRIORITY, priority)))
}
