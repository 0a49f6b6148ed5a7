'use client'

import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { setClockRunning } from '#components/ui/clock'
import { type ConnectionState, type FromWorker, joinLive } from './live-connection'
import { isTouched, type LiveEvent, type LiveMessage } from './live-rules'

export interface Connection {
  state: ConnectionState
  /** True once the page was connected: only then is "connecting" a loss. */
  wasLive: boolean
  /** Events that came in with the last catch-up. */
  caughtUp: number
}

type Handler = (message: LiveMessage) => void

/** The life of one tab's share of the stream: what it knows, who listens, which queries wait to be asked again. */
class LiveStore {
  private readonly handlers = new Set<Handler>()
  private readonly watchers = new Set<() => void>()
  private readonly queries: QueryClient
  private connection: Connection = { state: 'connecting', wasLive: false, caughtUp: 0 }
  private touched: LiveEvent[] = []
  private everything = false
  private refreshing = false
  private missed = 0
  last: string

  constructor(queries: QueryClient, after: string) {
    this.queries = queries
    this.last = after
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
      void this.refresh()
    }
    for (const handler of this.handlers) handler(message)
  }

  /**
   * One refresh at a time: what comes in meanwhile is asked for together in the next one. A query with
   * `meta: { live: false }` is left alone: who shows it asks again when people want to see what is new.
   */
  private async refresh(): Promise<void> {
    if (this.refreshing) return
    this.refreshing = true
    while (this.everything || this.touched.length > 0) {
      const { touched, everything } = this
      this.touched = []
      this.everything = false
      await this.queries
        .invalidateQueries({
          predicate: ({ queryKey, meta }) =>
            everything || (meta?.live !== false && touched.some((event) => isTouched(queryKey, event))),
        })
        .catch(() => {})
    }
    this.refreshing = false
  }
}

const StoreContext = createContext<LiveStore | undefined>(undefined)

/**
 * Keeps what the pages show equal to what the server knows.
 * @param name same for all tabs of one person in one organization
 * @param after the event sequence from before the first server-rendered read
 */
export function LiveEvents({ name, after, children }: { name: string; after: string; children: ReactNode }) {
  const queries = useQueryClient()
  const [store] = useState(() => new LiveStore(queries, after))
  useEffect(() => {
    const onOffline = () => store.become('offline')
    const onOnline = () => store.become('connecting')
    if (!navigator.onLine) onOffline()
    window.addEventListener('offline', onOffline)
    window.addEventListener('online', onOnline)
    const leave = joinLive(
      name,
      () => store.last,
      (message) => store.receive(message),
    )
    return () => {
      leave()
      window.removeEventListener('offline', onOffline)
      window.removeEventListener('online', onOnline)
    }
  }, [name, store])
  return <StoreContext value={store}>{children}</StoreContext>
}

const unconnected: Connection = { state: 'connecting', wasLive: false, caughtUp: 0 }
const nothingToWatch = () => () => {}

/** The state of this browser's connection; "connecting" for ever outside LiveEvents. */
export function useConnection(): Connection {
  const store = useContext(StoreContext)
  return useSyncExternalStore(store?.watch ?? nothingToWatch, store?.snapshot ?? (() => unconnected), () => unconnected)
}

/**
 * Calls `handler` for each live message that `filter` lets through: events of the log in order and once, and
 * `{ type: 'log', runId, sequence }` whenever a run's log has grown to that sequence. Both may change between renders.
 */
export function useLiveEvent(filter: (message: LiveMessage) => boolean, handler: Handler): void {
  const store = useContext(StoreContext)
  const latest = useRef({ filter, handler })
  useEffect(() => {
    latest.current = { filter, handler }
  })
  useEffect(
    () =>
      store?.listen((message) => {
        if (latest.current.filter(message)) latest.current.handler(message)
      }),
    [store],
  )
}
