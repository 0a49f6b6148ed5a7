import { z } from 'zod'
import { Listener } from '#server/platform/queue/listener'
import { LIVE_CHANNEL } from './log'

/** Told to a subscriber: look at the log up to this sequence, or at this run's live log. */
export type Nudge =
  | { kind: 'event'; sequence: bigint }
  | { kind: 'log'; runId: string; sequence: number }
  | { kind: 'up' }

const payloadSchema = z.object({
  o: z.string(),
  s: z.string().optional(),
  r: z.string().optional(),
  l: z.number().optional(),
})

const slot = globalThis as { orchestratorStream?: { listener: Listener; ready: Promise<void> } }

function listener(): { listener: Listener; ready: Promise<void> } {
  if (!slot.orchestratorStream) {
    const made = new Listener([LIVE_CHANNEL])
    slot.orchestratorStream = { listener: made, ready: made.start() }
    slot.orchestratorStream.ready.catch(() => {
      slot.orchestratorStream = undefined
    })
  }
  return slot.orchestratorStream
}

function parse(payload: string): (Nudge & { organizationId: string }) | null {
  const parsed = payloadSchema.safeParse(JSON.parse(payload))
  if (!parsed.success) return null
  const { o, s, r, l } = parsed.data
  if (s !== undefined) return { organizationId: o, kind: 'event', sequence: BigInt(s) }
  if (r !== undefined && l !== undefined) return { organizationId: o, kind: 'log', runId: r, sequence: l }
  return null
}

/** At most this many unread nudges are kept for a slow subscriber; then they melt into one "look at everything". */
const QUEUE_LIMIT = 1_000

/**
 * Nudges of one organization until the signal aborts. Subscribing is complete when the first `next()` is called after
 * `ready`, so read the log afterwards and nothing falls between.
 */
export async function subscribe(
  organizationId: string,
  options: { signal: AbortSignal },
): Promise<AsyncIterableIterator<Nudge>> {
  const { listener: source, ready } = listener()
  const waiting: Nudge[] = []
  let wake: (() => void) | undefined
  const push = (nudge: Nudge): void => {
    if (waiting.length >= QUEUE_LIMIT) waiting.splice(0, waiting.length, { kind: 'up' })
    waiting.push(nudge)
    wake?.()
  }
  const onNotification = (channel: string, payload: string): void => {
    if (channel !== LIVE_CHANNEL) return
    const nudge = parse(payload)
    if (nudge && nudge.organizationId === organizationId) push(nudge)
  }
  const onUp = (): void => push({ kind: 'up' })
  source.on('notification', onNotification)
  source.on('up', onUp)
  // On abort, not in the generator's end: an iterator that nobody ever started would listen for ever.
  const leave = (): void => {
    source.off('notification', onNotification)
    source.off('up', onUp)
    wake?.()
  }
  options.signal.addEventListener('abort', leave, { once: true })
  if (options.signal.aborted) leave()
  await ready

  async function* nudges(): AsyncGenerator<Nudge, void, undefined> {
    while (!options.signal.aborted) {
      const next = waiting.shift()
      if (next) yield next
      else
        await new Promise<void>((resolve) => {
          wake = resolve
          if (options.signal.aborted || waiting.length > 0) resolve()
        })
    }
  }
  return nudges()
}
