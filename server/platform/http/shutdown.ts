import { setMaxListeners } from 'node:events'

/**
 * `next start` waits on SIGTERM for every open response, and a stream of events never ends by itself. So each stream
 * watches this one controller, which aborts when the process is asked to stop.
 */
const slot = globalThis as { orchestratorShutdown?: AbortController }

function controller(): AbortController {
  if (!slot.orchestratorShutdown) {
    slot.orchestratorShutdown = new AbortController()
    setMaxListeners(0, slot.orchestratorShutdown.signal) // one for each open stream
  }
  return slot.orchestratorShutdown
}

/** Aborts when the process is asked to stop. */
function shutdownSignal(): AbortSignal {
  return controller().signal
}

/** Ends every stream; called once, on the first signal to stop. */
export function beginShutdown(): void {
  controller().abort()
}

/** A signal that ends a stream: the client went away, or the server is stopping. */
export interface StreamEnd {
  signal: AbortSignal
  /** Forgets the stream; call it when the stream has ended, or its listeners stay for the life of the process. */
  release: () => void
}

/** One signal for one stream, out of the request's own and the process's. */
export function untilShutdown(requestSignal: AbortSignal | null | undefined): StreamEnd {
  const ended = new AbortController()
  const sources = [requestSignal, shutdownSignal()].filter((source) => source != null)
  const release = () => {
    for (const source of sources) source.removeEventListener('abort', end)
  }
  const end = () => {
    release()
    ended.abort()
  }
  for (const source of sources) source.addEventListener('abort', end)
  if (sources.some((source) => source.aborted)) end()
  return { signal: ended.signal, release }
}
