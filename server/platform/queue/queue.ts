import { fromPrisma, PgBoss } from 'pg-boss'
import { type JobName, jobLanes } from '#server/flow'
import { messageOf } from '#server/kernel/app-error'
import type { JobData, Lane } from '#server/kernel/job'
import type { Transaction } from '#server/platform/database/transaction'
import { databaseEnvironment } from '#server/platform/env/database'
import { logger } from '#server/platform/logging/logger'

export const JOBS_CHANNEL = 'orchestrator_jobs'
export const lanes: readonly Lane[] = ['quick', 'long']

/** A job as it lies in the queue. */
export interface QueuedJob extends JobData {
  name: JobName
}

/** Seconds: a dead worker's jobs are handed to another one after the heartbeat limit plus one supervision. */
const HEARTBEAT_SECONDS = 10
const SUPERVISE_SECONDS = 2

const slot = globalThis as { orchestratorQueue?: Promise<PgBoss> }

async function start(supervise: boolean): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: databaseEnvironment().DATABASE_URL,
    application_name: 'queue',
    max: supervise ? 4 : 1,
    supervise,
    schedule: false,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    registerInstance: false,
  })
  boss.on('error', (error) => logger().error({ err: error }, 'queue'))
  await boss.start()
  for (const lane of lanes) {
    await boss.createQueue(lane, {
      policy: 'standard',
      // A job is never given up: what it needs (a sandbox, a disk, git) may come back at any time.
      retryLimit: 1_000_000,
      retryDelay: 1,
      retryBackoff: true,
      retryDelayMax: 60,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: 12 * 3600,
      deleteAfterSeconds: 3600,
    })
  }
  return boss
}

/**
 * The process's queue, started on first use. The worker asks for supervision, which gives jobs of dead workers to
 * living ones; pg-boss itself makes sure that only one process supervises at a time.
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

/** Adds jobs inside the caller's transaction: they exist exactly when what caused them does. */
export async function enqueue(tx: Transaction, jobs: { job: QueuedJob; startAfterSeconds?: number }[]): Promise<void> {
  if (jobs.length === 0) return
  const boss = await queue()
  const db = fromPrisma(tx)
  for (const { job, startAfterSeconds } of jobs) {
    await boss.send(jobLanes[job.name], job, { db, ...(startAfterSeconds ? { startAfter: startAfterSeconds } : {}) })
  }
  await tx.$executeRaw`select pg_notify(${JOBS_CHANNEL}, '')`
}
