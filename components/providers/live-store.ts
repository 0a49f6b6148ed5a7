import type { Query, QueryClient, QueryKey } from '@tanstack/react-query'
import { setClockRunning } from '#components/ui/clock'
import type { ConnectionState, FromWorker } from './live-connection'
import { isTouched, type LiveEvent, type LiveMessage } from './live-rules'
import { worthRetrying } from './trpc'

export interface Connection {
  state: ConnectionState
  /** True once the page was connected: only then is "connecting" a loss. */
  wasLive: boolean
  /** Events that came in with the last catch-up. */
  caughtUp: number
}

export type Handler = (message: LiveMessage) => void

/**
 * Longer than from the server's reading for a page to the moment its answers are in the cache here: what happens in
 * between arrives before there is anything to ask again.
 */
const ON_THE_WAY_MS = 120_000
/** An answer that could not be had would stay old until the next event, which may be hours away. Doubled each time. */
const AGAIN_MS = 10_000
const AGAIN_LIMIT_MS = 160_000

/**
 * After a refresh that took longer than this the page rests for twice as long, up to a limit: a plan of hundreds of tasks,
 * whose answer is large, would otherwise be fetched and drawn without a pause while events come in.
 */
const QUICK_MS = 40
const REST_FACTOR = 2
const REST_LIMIT_MS = 150

function restAfter(milliseconds: number): number {
  return milliseconds <= QUICK_MS ? 0 : Math.min(REST_LIMIT_MS, REST_FACTOR * milliseconds)
}

/** The life of one tab's share of the stream: what it knows, who listens, which queries wait to be asked again. */
export class LiveStore {
  private readonly handlers = new Set<Handler>()
  private readonly watchers = new Set<() => void>()
  private readonly queries: QueryClient
  private connection: Connection = { state: 'connecting', wasLive: false, caughtUp: 0 }
  private touched: LiveEvent[] = []
  private everything = false
  private refreshing = false
  private missed = 0
  /** What came in lately; without an event it was a gap, which may have been about everything. */
  private recent: { at: number; event?: LiveEvent }[] = []
  private again: ReturnType<typeof setTimeout> | undefined
  private againMs = AGAIN_MS
  last: string

  constructor(queries: QueryClient, after: string) {
    this.queries = queries
    this.last = after
  }

  /**
   * Watches what the pages keep: an answer that was rendered before an event, and put here after it, is asked for anew;
   * one that could not be had is asked for again. Ends with what is returned.
   */
  follow(): () => void {
    const stop = this.queries.getQueryCache().subscribe((change) => {
      const { query } = change
      if (change.type === 'added' && query.state.data !== undefined && this.isOld(query.queryKey)) {
        void this.queries.invalidateQueries({ queryKey: query.queryKey, exact: true })
      }
      if (change.type === 'updated' && change.action.type === 'error' && worthRetrying(0, change.action.error)) {
        this.again ??= setTimeout(() => this.askAgain(), this.againMs)
      }
    })
    return () => {
      clearTimeout(this.again)
      this.again = undefined
      stop()
    }
  }

  private isOld(queryKey: QueryKey): boolean {
    const since = Date.now() - ON_THE_WAY_MS
    return this.recent.some(({ at, event }) => at >= since && (!event || isTouched(queryKey, event)))
  }

  private remember(event?: LiveEvent): void {
    const at = Date.now()
    const kept = this.recent.findIndex((one) => one.at >= at - ON_THE_WAY_MS)
    this.recent.splice(0, kept === -1 ? this.recent.length : kept)
    this.recent.push(event ? { at, event } : { at })
  }

  private askAgain(): void {
    this.again = undefined
    this.againMs = Math.min(this.againMs * 2, AGAIN_LIMIT_MS)
    const failed = { predicate: ({ state }: Query) => state.status === 'error' && worthRetrying(0, state.error) }
    void this.queries.refetchQueries({ type: 'active', ...failed }).then(() => {
      if (this.queries.getQueryCache().findAll(failed).length === 0) this.againMs = AGAIN_MS
    })
  }

  readonly watch = (watcher: () => void) => {
    this.watchers.add(watcher)
    return () => void this.watchers.delete(watcher)
  }

  readonly snapshot = () => this.connection

  listen(handler: Handler): () => void {
    this.handlers.add(handler)
    return () => void this.handlers.delete(handler)
  }

  become(state: ConnectionState): void {
    const before = this.connection
    if (before.state === state) return
    if (state === 'live') setTimeout(() => this.reportCaughtUp(before.wasLive), 400)
    else this.missed = 0
    setClockRunning(state === 'live' || !before.wasLive)
    this.connection = { ...before, state, wasLive: before.wasLive || state === 'live', caughtUp: 0 }
    for (const watcher of this.watchers) watcher()
  }

  private reportCaughtUp(again: boolean): void {
    if (!again || this.connection.state !== 'live') return
    this.connection = { ...this.connection, caughtUp: this.missed }
    for (const watcher of this.watchers) watcher()
  }

  receive(message: FromWorker): void {
    if (message.kind === 'state') this.become(message.state)
    else if (message.kind === 'message') this.take(message.data)
    else {
      this.everything = true
      this.remember()
      void this.refresh()
    }
  }

  private take(message: LiveMessage): void {
    if (message.type === 'event') {
      const { event } = message
      if (BigInt(event.sequence) <= BigInt(this.last)) return
      this.last = event.sequence
      this.missed += 1
      this.touched.push(event)
      this.remember(event)
      void this.refresh()
    }
    for (const handler of this.handlers) handler(message)
  }

  /**
   * One refresh at a time, and a rest after a long one: what comes in meanwhile is asked for together in the next one. A query with
   * `meta: { live: false }` is left alone: who shows it asks again when people want to see what is new.
   */
  private async refresh(): Promise<void> {
    if (this.refreshing) return
    this.refreshing = true
    while (this.everything || this.touched.length > 0) {
      const { touched, everything } = this
      this.touched = []
      this.everything = false
      const began = performance.now()
      await this.queries
        .invalidateQueries({
          predicate: ({ queryKey, meta }) =>
            everything || (meta?.live !== false && touched.some((event) => isTouched(queryKey, event))),
        })
        .catch(() => {})
      const rest = restAfter(performance.now() - began)
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest))
    }
    this.refreshing = false
  }
}
