import type { LiveMessage } from './live-rules'

/** `crowded`: this person has as many connections as one may; it comes back when one of them has ended. */
export type ConnectionState = 'connecting' | 'live' | 'refused' | 'crowded' | 'offline'

export type FromWorker =
  | { kind: 'state'; state: Exclude<ConnectionState, 'offline'> }
  | { kind: 'message'; data: LiveMessage }
  | { kind: 'gap' }

interface Port {
  post: (message: unknown) => void
  close: () => void
}

const WORKER = '/live-worker.js'
const STREAM = '/api/trpc/live.events'
/** A worker that runs answers at once; its program may still have to come over a slow network. */
const ANSWER_MS = 10_000
/** Spread out by as much again: all browsers lose a server at the same moment. */
const AGAIN_MS = 1000

function openPort(name: string, receive: (message: FromWorker) => void, onBroken: () => void): Port {
  if (typeof SharedWorker === 'function') {
    const worker = new SharedWorker(WORKER, { name })
    worker.onerror = onBroken
    worker.port.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(data)
    return { post: (message) => worker.port.postMessage(message), close: () => worker.port.close() }
  }
  const worker = new Worker(WORKER, { name })
  worker.onerror = onBroken
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(data)
  return { post: (message) => worker.postMessage(message), close: () => worker.terminate() }
}

/**
 * Joins this tab to the browser's one live connection. Without SharedWorker the tab has its own, and only while it can
 * be seen. A worker whose program could not be loaded (the server went away at that moment), or that does not answer
 * any more, is replaced.
 * @param name equal for tabs of the same person and organization, so that nobody listens with another one's session
 * @param after the last sequence this tab knows, asked again at each connect
 * @returns how to leave
 */
export function joinLive(name: string, after: () => string, receive: (message: FromWorker) => void): () => void {
  let port: Port | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  const shared = typeof SharedWorker === 'function'
  const greet = () => {
    clearTimeout(again)
    again = setTimeout(replace, ANSWER_MS)
    port?.post({ kind: 'hello', url: new URL(STREAM, location.href).href, after: after() })
  }
  const join = () => {
    const opened = openPort(
      name,
      (message) => {
        if (port !== opened) return
        clearTimeout(again)
        receive(message)
      },
      () => {
        if (port !== opened) return
        clearTimeout(again)
        again = setTimeout(replace, AGAIN_MS * (1 + Math.random()))
      },
    )
    port = opened
    greet()
  }
  const leave = () => {
    clearTimeout(again)
    port?.post({ kind: 'bye' })
    port?.close()
    port = undefined
  }
  const replace = () => {
    leave()
    receive({ kind: 'state', state: 'connecting' })
    join()
  }
  const onOnline = () => port?.post({ kind: 'online' })
  const onVisibility = () => {
    if (document.visibilityState === 'hidden' && !shared) leave()
    if (document.visibilityState === 'hidden') return
    // Who was away for long may find the worker gone: it must answer for itself.
    if (port) greet()
    else join()
  }
  // A page kept in the back/forward cache must not keep the connection, and comes back with what it knew.
  const onShow = (event: PageTransitionEvent) => {
    if (event.persisted && !port) join()
  }
  if (shared || document.visibilityState === 'visible') join()
  window.addEventListener('online', onOnline)
  window.addEventListener('pagehide', leave)
  window.addEventListener('pageshow', onShow)
  document.addEventListener('visibilitychange', onVisibility)
  return () => {
    leave()
    window.removeEventListener('online', onOnline)
    window.removeEventListener('pagehide', leave)
    window.removeEventListener('pageshow', onShow)
    document.removeEventListener('visibilitychange', onVisibility)
  }
}
