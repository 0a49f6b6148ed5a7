import { AppError } from '#server/kernel/app-error'

/**
 * Streams of events that one person or token may have open in one process at the same time. All windows of a browser
 * share one (where they can't, only the one that is seen has its own), so a person has about as many as browsers; the
 * rest is for programs, and for connections that broke and have not been noticed yet.
 */
export const STREAMS_AT_ONCE = 50
/** Nobody can know when a place gets free; who comes back after this long takes nothing from anybody. */
const AGAIN_SECONDS = 15

/** Shared by all bundles of the process: `GET /api/events` and `live.events` count together. */
const slot = globalThis as { orchestratorOpenStreams?: Map<string, number> }

/**
 * Counts one more open stream of whoever listens.
 * @returns gives the place back; more than once does no harm
 * @throws AppError too-many-streams when this one would be too many
 */
export function takeStream(listener: { kind: string; id: string | null }): () => void {
  slot.orchestratorOpenStreams ??= new Map()
  const open = slot.orchestratorOpenStreams
  const key = `${listener.kind}:${listener.id}`
  const before = open.get(key) ?? 0
  if (before >= STREAMS_AT_ONCE) {
    throw new AppError({
      code: 'too-many-streams',
      kind: 'too-many',
      message: `You already have ${STREAMS_AT_ONCE} live connections open, and one more is not possible. Everything else works. Close windows or end programs that listen; a new connection is possible as soon as one has ended.`,
      retryable: true,
      details: { open: before, retryAfterSeconds: AGAIN_SECONDS },
    })
  }
  open.set(key, before + 1)
  let given = false
  return () => {
    if (given) return
    given = true
    const left = (open.get(key) ?? 1) - 1
    if (left > 0) open.set(key, left)
    else open.delete(key)
  }
}
