import { coalescedJobs, jobLanes, serialJobs } from '#server/flow'
import { messageOf } from '#server/kernel/app-error'
import type { Lane } from '#server/kernel/job'
import { logger } from '#server/platform/logging/logger'
import { type Attempt, beat, groupsWaiting, handBack, takeOver } from './attempts'
import { Completions } from './completions'
import type { Listener } from './listener'
import { JOBS_CHANNEL, lanes, PAYLOAD_VERSION, type QueuedJob, queue } from './queue'
import { Share } from './share'

/** @param all the job and those that are done with it; for one that is never joined only itself */
export type JobHandler = (job: QueuedJob, signal: AbortSignal, all: readonly QueuedJob[]) => Promise<void>

/** Jobs that are handled at once: one, or several for the same row. */
interface Group {
  lane: Lane
  /** Equal groups share it: they join while they wait. */
  key: string
  /** Groups that share it run one after the other. */
  turn: string
  organizationId: string
  /** the one of the newest event */
  data: QueuedJob
  all: QueuedJob[]
  attempts: Attempt[]
  abort: AbortController
  done: Promise<void>
}

/** Milliseconds between heartbeats (one statement for all jobs), looks without a notification, looks for dead workers. */
const BEAT_MS = 3_000
const POLL_MS = 2_000
const TAKE_OVER_MS = 2_000
/** Quick jobs held in this process for each slot: more makes fewer fetches, and joins more of what is equal. */
const QUICK_HELD = 4
/** What is left of the time to stop for handing back, in milliseconds. */
const HAND_BACK_MS = 1_000
const MOST_FETCHES = 4

/**
 * The one dispatcher of a worker process. A notification costs one fetch, for all free slots; a fetched job is
 *
 * waiting → running → settled (completed together with others, failed with a delay, or handed back).
 *
 * Jobs for the same row that may be joined wait together and are handled at once. That loses nothing: what caused a job
 * was committed before the job could be fetched, and the handler reads after that. Each job is settled under its attempt
 * number; when another worker took it over meanwhile, that affects no row.
 */
export class Consumer {
  readonly #handle: JobHandler
  readonly #slots: Record<Lane, number>
  readonly #listener: Listener
  readonly #waiting: Record<Lane, Group[]> = { quick: [], long: [], message: [] }
  readonly #running: Record<Lane, Map<string, Group>> = { quick: new Map(), long: new Map(), message: new Map() }
  readonly #share: Record<Lane, Share> = { quick: new Share(), long: new Share(), message: new Share() }
  readonly #fetching: Record<Lane, boolean> = { quick: false, long: false, message: false }
  readonly #again: Record<Lane, boolean> = { quick: false, long: false, message: false }
  /** True when the last fetch left something behind, so that a free slot is worth another one. */
  readonly #more: Record<Lane, boolean> = { quick: false, long: false, message: false }
  readonly #completions = new Completions()
  readonly #strangers = new Set<string>()
  #timers: NodeJS.Timeout[] = []
  #stopping = false
  readonly #onNotification = (channel: string, payload: string): void => {
    if (channel === JOBS_CHANNEL) for (const lane of lanesIn(payload)) this.#fill(lane)
  }
  readonly #onUp = (): void => this.#wake()

  constructor(handle: JobHandler, slots: Record<Lane, number>, listener: Listener) {
    this.#handle = handle
    this.#slots = slots
    this.#listener = listener
  }

  async start(): Promise<void> {
    await queue({ supervise: true })
    for (const lane of lanes) {
      for (const group of await groupsWaiting(lane, 2)) this.#share[lane].see(group, performance.now())
    }
    this.#listener.on('notification', this.#onNotification)
    this.#listener.on('up', this.#onUp)
    this.#timers = [
      setInterval(() => this.#wake(), POLL_MS),
      setInterval(() => void this.#beat(), BEAT_MS),
      setInterval(() => void this.#takeOver(), TAKE_OVER_MS),
    ]
    this.#wake()
  }

  /**
   * Takes no more jobs, hands back what has not begun, aborts what runs, and hands back what does not end in time:
   * other workers have all of it at once.
   * @param limitMs milliseconds until everything is settled or handed back
   */
  async stop(limitMs: number): Promise<void> {
    this.#stopping = true
    this.#listener.off('notification', this.#onNotification)
    this.#listener.off('up', this.#onUp)
    await this.#giveBack(lanes.flatMap((lane) => this.#waiting[lane].splice(0)))
    const running = this.#allRunning()
    for (const group of running) group.abort.abort(new Error('worker is stopping'))
    await Promise.race([
      Promise.allSettled(running.map((group) => group.done)),
      new Promise((resolve) => setTimeout(resolve, Math.max(0, limitMs - HAND_BACK_MS))),
    ])
    await this.#giveBack(this.#allRunning())
    await Promise.race([
      this.#completions.drained(),
      new Promise((resolve) => setTimeout(resolve, HAND_BACK_MS).unref()),
    ])
    this.#completions.stop()
    for (const timer of this.#timers) clearInterval(timer)
  }

  /** Jobs in hand, equal ones counted once. */
  get running(): number {
    return this.#allRunning().length
  }

  #allRunning(): Group[] {
    return lanes.flatMap((lane) => [...this.#running[lane].values()])
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
    this.#fetching[lane] = true
    this.#fetch(lane)
      .catch((error) => logger().warn({ err: error, lane }, 'fetching jobs failed, trying again'))
      .finally(() => {
        this.#fetching[lane] = false
        if (!this.#again[lane]) return
        this.#again[lane] = false
        this.#fill(lane)
      })
  }

  /** Fetches for what is free, at first for everybody, then for those who have less than their share. */
  async #fetch(lane: Lane): Promise<void> {
    const boss = await queue({ supervise: true })
    const room = lane === 'quick' ? this.#slots.quick * QUICK_HELD : this.#slots[lane]
    for (let count = 0; count < MOST_FETCHES && !this.#stopping; count += 1) {
      const plan = this.#share[lane].plan(room, this.#held(lane), performance.now())
      this.#more[lane] = true
      if (!plan) return
      const jobs = await boss.fetch<QueuedJob>(lane, {
        batchSize: plan.batch,
        includeMetadata: true,
        ...(plan.ignore.length > 0 ? { ignoreGroups: plan.ignore } : {}),
      })
      await this.#take(lane, jobs)
      if (plan.probe || jobs.length === plan.batch) continue
      this.#more[lane] = plan.ignore.length > 0
      return
    }
  }

  async #take(lane: Lane, jobs: { id: string; retryCount: number; data: QueuedJob }[]): Promise<void> {
    const strange: Attempt[] = []
    for (const { id, retryCount, data } of jobs) {
      this.#share[lane].see(data.organizationId, performance.now())
      if (this.#knows(data)) this.#join(lane, data, { id, retryCount })
      else strange.push({ id, retryCount })
    }
    this.#next(lane)
    if (strange.length === 0) return
    // Not for us: a worker of a newer version is about to start, or has started already.
    await handBack(lanes, strange, 1 + Math.random() * 2)
  }

  #knows(data: QueuedJob): boolean {
    if (data.name in jobLanes && (data.version ?? 0) <= PAYLOAD_VERSION) return true
    const what = `${data.name}, version ${data.version}`
    if (!this.#strangers.has(what)) logger().warn({ job: data }, `left to a newer worker: ${what}`)
    this.#strangers.add(what)
    return false
  }

  #join(lane: Lane, data: QueuedJob, attempt: Attempt): void {
    const row = coalescedJobs[data.name]
    const key = row ? `${data.name} ${data.organizationId} ${data[row]}` : `${attempt.id} ${attempt.retryCount}`
    const waiting = row ? this.#waiting[lane].find((group) => group.key === key) : undefined
    if (waiting) {
      waiting.attempts.push(attempt)
      waiting.all.push(data)
      waiting.data = latest(waiting.data, data)
      return
    }
    const { organizationId } = data
    const abort = new AbortController()
    const done = Promise.resolve()
    const turn = serialJobs.has(data.name) ? `${data.name} ${organizationId}` : key
    this.#waiting[lane].push({ lane, key, turn, organizationId, data, all: [data], attempts: [attempt], abort, done })
  }

  /** Begins what there are slots for: of the organization with the fewest running first, else in the order fetched. */
  #next(lane: Lane): void {
    const running = this.#running[lane]
    const waiting = this.#waiting[lane]
    while (running.size < this.#slots[lane] && !this.#stopping) {
      const busy = new Map<string, number>()
      for (const { organizationId } of running.values()) busy.set(organizationId, (busy.get(organizationId) ?? 0) + 1)
      const ready = waiting.filter((group) => !running.has(group.turn))
      const [first] = ready
      if (!first) return
      const count = (group: Group) => busy.get(group.organizationId) ?? 0
      const chosen = ready.reduce((best, group) => (count(group) < count(best) ? group : best), first)
      waiting.splice(waiting.indexOf(chosen), 1)
      this.#run(chosen)
    }
  }

  #run(group: Group): void {
    const running = this.#running[group.lane]
    running.set(group.turn, group)
    group.done = this.#settle(group).finally(() => {
      running.delete(group.turn)
      this.#next(group.lane)
      // The quick lane holds jobs in reserve and fetches when few are left, so that a fetch brings several.
      const isLow = group.lane !== 'quick' || this.#waiting.quick.length <= this.#slots.quick
      if (this.#more[group.lane] && isLow) this.#fill(group.lane)
    })
  }

  async #settle(group: Group): Promise<void> {
    const { lane, attempts, data, all, abort } = group
    try {
      await this.#handle(data, abort.signal, all)
      this.#completions.add(lane, attempts)
    } catch (error) {
      const log = logger().child({ job: data })
      if (abort.signal.reason === LOST) return log.warn('job left: another worker has taken it over')
      const boss = await queue({ supervise: true })
      const settle = this.#stopping
        ? handBack(lanes, attempts)
        : boss.fail(lane, attempts, { message: messageOf(error) })
      if (this.#stopping) log.info('job handed back: the worker is stopping')
      else log.error({ err: error }, 'job failed, it will be tried again')
      await Promise.resolve(settle).catch((failure) =>
        log.warn({ err: failure }, 'handing back failed, the heartbeat limit will do it'),
      )
    }
  }

  async #giveBack(groups: Group[]): Promise<void> {
    const attempts = groups.flatMap((group) => group.attempts)
    await handBack(lanes, attempts).catch((error) =>
      logger().warn({ err: error }, 'handing back failed, the heartbeat limit will do it'),
    )
  }

  /** Slots of each organization, those of jobs included that wait in this process. */
  #held(lane: Lane): Map<string, number> {
    const held = new Map<string, number>()
    for (const { organizationId } of [...this.#waiting[lane], ...this.#running[lane].values()]) {
      held.set(organizationId, (held.get(organizationId) ?? 0) + 1)
    }
    return held
  }

  /** Keeps what is in hand alive, and lets go of what another worker has taken over while we were frozen or cut off. */
  async #beat(): Promise<void> {
    const groups = [...this.#allRunning(), ...lanes.flatMap((lane) => this.#waiting[lane])]
    const attempts = [...groups.flatMap((group) => group.attempts), ...this.#completions.open]
    if (attempts.length === 0) return
    try {
      const ours = await beat(lanes, attempts)
      for (const group of groups) {
        if (group.attempts.some(({ id }) => ours.has(id))) continue
        if (this.#running[group.lane].get(group.turn) === group) group.abort.abort(LOST)
        const place = this.#waiting[group.lane].indexOf(group)
        if (place >= 0) this.#waiting[group.lane].splice(place, 1)
      }
    } catch (error) {
      logger().warn({ err: error }, 'heartbeat failed')
    }
  }

  async #takeOver(): Promise<void> {
    if (this.#stopping) return
    try {
      const taken = await takeOver(lanes)
      if (taken > 0) logger().warn({ taken }, 'jobs of a worker that is not heard of any more are taken over')
    } catch (error) {
      logger().warn({ err: error }, 'looking for dead workers failed, trying again')
    }
  }
}

const LOST = new Error('another worker has taken this job over')

/** The queues a notification names; it may be about events only. */
function lanesIn(payload: string): Lane[] {
  try {
    const { j, u } = JSON.parse(payload) as { j?: unknown; u?: unknown }
    if (u !== undefined) return [...lanes]
    return Array.isArray(j) ? lanes.filter((lane) => j.includes(lane)) : []
  } catch {
    return [...lanes]
  }
}

/** Of joined jobs the one of the newest event: a handler may skip what it has seen. A job of no event is never skipped. */
function latest(one: QueuedJob, other: QueuedJob): QueuedJob {
  if (one.sequence === undefined || other.sequence === undefined) return one.sequence === undefined ? one : other
  return BigInt(one.sequence) >= BigInt(other.sequence) ? one : other
}
