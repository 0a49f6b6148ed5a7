'use client'

import { useSyncExternalStore } from 'react'

let now = Date.now()
let running = true
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

function tick() {
  if (!running || document.visibilityState === 'hidden') return
  now = Date.now()
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  now = Date.now()
  timer ??= setInterval(tick, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Stops all running durations while the page is cut off from the server, so that they don't claim what nobody knows. */
export function setClockRunning(value: boolean): void {
  running = value
}

/**
 * Milliseconds since the epoch from one clock for the whole page; `undefined` on the server and during hydration, when
 * server and browser must draw the same.
 * @param everySeconds how often the caller wants to be drawn again
 */
export function useNow(everySeconds = 1): number | undefined {
  const step = everySeconds * 1000
  return useSyncExternalStore(
    subscribe,
    () => Math.floor(now / step) * step,
    () => undefined,
  )
}
