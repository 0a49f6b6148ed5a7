import type { LiveMessage } from './live-rules'

export type ConnectionState = 'connecting' | 'live' | 'refused' | 'offline'

export type FromWorker =
  | { kind: 'state'; state: 'connecting' | 'live' | 'refused' }
  | { kind: 'message'; data: LiveMessage }
  | { kind: 'gap' }

interface Port {
  post: (message: unknown) => void
  close: () => void
}

const WORKER = '/live-worker.js'
const STREAM = '/api/trpc/live.events'

function openPort(name: string, receive: (message: FromWorker) => void): Port {
  if (typeof SharedWorker === 'function') {
    const { port } = new SharedWorker(WORKER, { name })
    port.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(data)
    return { post: (message) => port.postMessage(message), close: () => port.close() }
  }
  const worker = new Worker(WORKER, { name })
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(data)
  return { post: (message) => worker.postMessage(message), close: () => worker.terminate() }
}

/**
 * Joins this tab to the browser's one live connection. Without SharedWorker the tab has its own, and only while it can
 * be seen.
 * @param name equal for tabs of the same person and organization, so that nobody listens with another one's session
 * @param after the last sequence this tab knows, asked again at each connect
 * @returns how to leave
 */
export function joinLive(name: string, after: () => string, receive: (message: FromWorker) => void): () => void {
  let port: Port | undefined
  const shared = typeof SharedWorker === 'function'
  const join = () => {
    port = openPort(name, receive)
    port.post({ kind: 'hello', url: new URL(STREAM, location.href).href, after: after() })
  }
  const leave = () => {
    port?.post({ kind: 'bye' })
    port?.close()
    port = undefined
  }
  const onOnline = () => port?.post({ kind: 'online' })
  const onVisibility = () => {
    if (document.visibilityState === 'hidden' && !shared) leave()
    if (document.visibilityState === 'visible' && !port) join()
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
