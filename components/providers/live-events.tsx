'use client'

import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { joinLive } from './live-connection'
import type { LiveMessage } from './live-rules'
import { type Connection, type Handler, LiveStore } from './live-store'

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
    const unfollow = store.follow()
    const leave = joinLive(
      name,
      () => store.last,
      (message) => store.receive(message),
    )
    return () => {
      leave()
      unfollow()
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
