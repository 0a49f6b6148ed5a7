import { messageOf } from '#server/kernel/app-error'
import type { Lane } from '#server/kernel/job'
import { logger } from '#server/platform/logging/logger'
import type { Listener } from './listener'
import { JOBS_CHANNEL, lanes, type QueuedJob, queue } from './queue'

export type JobHandler = (job: QueuedJob, signal: AbortSignal) => Promise<void>

interface Active {
  lane: Lane
  id: string
  retryCount: number
  abort: AbortController
  done: Promise<void>
}

/** Seconds between heartbeats of all running jobs (one statement a lane) and between looks without a notification. */
const HEARTBEAT_MS = 3_000
const POLL_MS = 2_000

/**
 * The one dispatcher of a worker process: fetches a batch for its free slots, so that a notification costs one fetch
 * however many slots there are. Each job is completed under its attempt number; if another worker took the attempt
 * over meanwhile, completing affects no row and nothing is counted twice.
 */
export class Consumer {
  readonly #handle: JobHandler
  readonly #slots: Record<Lane, number>
  readonly #listener: Listener
  readonly #active = new Map<string, Active>()
  readonly #fetching: Record<Lane, Promise<void> | undefined> = { quick: undefined, long: undefined }
  readonly #again: Record<Lane, boolean> = { quick: false, long: false }
  #timers: NodeJS.Timeout[] = []
  #stopping = false

  constructor(handle: JobHandler, slots: Record<Lane, number>, listener: Listener) {
    this.#handle = handle
    this.#slots = slots
    this.#listener = listener
  }

  async start(): Promise<void> {
    await queue({ supervise: true })
    this.#listener.on('notification', (channel) => channel === JOBS_CHANNEL && this.#wake())
    this.#listener.on('up', () => this.#wake())
    this.#timers = [setInterval(() => this.#wake(), POLL_MS), setInterval(() => void this.#beat(), HEARTBEAT_MS)]
    this.#wake()
  }

  /** Stops taking jobs, aborts the running ones and hands back what does not end within the limit. */
  async stop(limitMs: number): Promise<void> {
    this.#stopping = true
    for (const timer of this.#timers) clearInterval(timer)
    const running = [...this.#active.values()]
    for (const job of running) job.abort.abort(new Error('worker is stopping'))
    await Promise.race([
      Promise.allSettled(running.map((job) => job.done)),
      new Promise((resolve) => setTimeout(resolve, limitMs)),
    ])
  }

  get running(): number {
    return this.#active.size
  }

  #wake(): void {
    for (const lane of lanes) this.#fill(lane)
  }

  #fill(lane: Lane): void {
    if (this.#stopping) return
    if (this.#fetching[lane]) {
      this.#again[lane] = true
      return
    }
    this.#fetching[lane] = this.#fetch(lane)
      .catch((error) => logger().warn({ err: error, lane }, 'fetching jobs failed, trying again'))
      .finally(() => {
        this.#fetching[lane] = undefined
        if (this.#again[lane]) {
          this.#again[lane] = false
          this.#fill(lane)
        }
      })
  }

  async #fetch(lane: Lane): Promise<void> {
    const busy = [...this.#active.values()].filter((job) => job.lane === lane).length
    const free = this.#slots[lane] - busy
    if (free <= 0) return
    const boss = await queue({ supervise: true })
    const jobs = await boss.fetch<QueuedJob>(lane, { batchSize: free, includeMetadata: true })
    for (const job of jobs) this.#run(lane, job.id, job.retryCount, job.data)
    if (jobs.length === free) this.#again[lane] = true
  }

  #run(lane: Lane, id: string, retryCount: number, data: QueuedJob): void {
    const abort = new AbortController()
    const active: Active = { lane, id, retryCount, abort, done: Promise.resolve() }
    this.#active.set(id, active)
    active.done = this.#settle(active, data).finally(() => {
      this.#active.delete(id)
      this.#fill(lane)
    })
  }

  async #settle(job: Active, data: QueuedJob): Promise<void> {
    const boss = await queue({ supervise: true })
    const attempt = { id: job.id, retryCount: job.retryCount }
    try {
      await this.#handle(data, job.abort.signal)
      await boss.complete(job.lane, attempt)
    } catch (error) {
      const log = logger().child({ job: data })
      if (this.#stopping) log.info('job handed back: the worker is stopping')
      else log.error({ err: error }, 'job failed, it will be tried again')
      await boss
        .fail(job.lane, attempt, { message: messageOf(error) })
        .catch((failure) => log.warn({ err: failure }, 'handing back failed, the heartbeat limit will do it'))
    }
  }

  async #beat(): Promise<void> {
    const boss = await queue({ supervise: true })
    for (const lane of lanes) {
      const mine = [...this.#active.values()].filter((job) => job.lane === lane)
      if (mine.length === 0) continue
      await boss
        .touch(
          lane,
          mine.map(({ id, retryCount }) => ({ id, retryCount })),
        )
        .catch((error) => logger().warn({ err: error, lane }, 'heartbeat failed'))
    }
  }
}
