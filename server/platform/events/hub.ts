import type { Scope } from '#server/auth/model'
import { logger } from '#server/platform/logging/logger'
import { Listener } from '#server/platform/queue/listener'
import { lastSequence, readEvents, type StoredEvent } from './log'
import { parseNudge } from './nudge'
import { CHANNEL } from './outbox'
import { type Batch, Subscriber, toBatch } from './subscriber'

/** Events read at once. One page is what a client that does not read can hold in memory, beside what waits for it. */
const PAGE = 100
/** Milliseconds between two reads for each subscriber there is, so that many of them get fuller batches instead. */
const PACE_PER_SUBSCRIBER_MS = 0.25
const LONGEST_PACE_MS = 50
const READ_AGAIN_MS = 500

/**
 * What one process knows of one organization's stream: how far it has been read, and who listens. A nudge costs one
 * read of the log, whatever the number of listeners.
 *
 * idle → reading (one at a time) → pause → idle; a nudge during reading or pause makes one more round.
 */
class Feed {
  readonly subscribers = new Set<Subscriber>()
  /** Streams that know this feed, also those that read the log alone until they have caught up. */
  users = 0
  readonly #scope: Scope
  readonly #unused: () => void
  readonly #left = new WeakSet<Subscriber>()
  /** The last sequence that was handed to subscribers. */
  position: bigint
  #reading = false
  #again = false

  constructor(scope: Scope, position: bigint, unused: () => void) {
    this.#scope = scope
    this.position = position
    this.#unused = unused
  }

  /** Call it without waiting after `position` was compared with what the subscriber has seen. */
  join(subscriber: Subscriber, seen: bigint): void {
    if (this.subscribers.size === 0 && seen > this.position) this.position = seen
    this.subscribers.add(subscriber)
    this.nudge(null) // what was committed between the last read and now
  }

  leave(subscriber: Subscriber): void {
    if (this.#left.has(subscriber)) return
    this.#left.add(subscriber)
    this.subscribers.delete(subscriber)
    this.users -= 1
    if (this.users === 0) this.#unused()
  }

  nudge(sequence: bigint | null): void {
    if (sequence !== null && sequence <= this.position) return
    if (this.#reading) {
      this.#again = true
      return
    }
    this.#reading = true
    void this.#read()
  }

  async #read(): Promise<void> {
    do {
      this.#again = false
      try {
        for (let full = true; full && this.subscribers.size > 0; ) {
          const events = await readEvents(this.#scope, { after: this.position, limit: PAGE })
          full = events.length === PAGE
          if (events.length > 0) this.#hand(toBatch(events))
        }
      } catch (error) {
        logger().warn({ err: error }, 'reading the event log failed, trying again')
        this.#again = true
        await sleep(READ_AGAIN_MS)
      }
      await sleep(Math.min(LONGEST_PACE_MS, this.subscribers.size * PACE_PER_SUBSCRIBER_MS))
    } while (this.#again && this.subscribers.size > 0)
    this.#reading = false
  }

  #hand(batch: Batch): void {
    this.position = batch.last
    for (const subscriber of this.subscribers) subscriber.push(batch)
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

interface Hub {
  listener: Listener
  ready: Promise<void>
  feeds: Map<string, Feed>
}

const slot = globalThis as { orchestratorHub?: Hub }

/** The process's one hub, which listens from its first subscriber on. */
function hub(): Hub {
  if (!slot.orchestratorHub) {
    const listener = new Listener([CHANNEL])
    const feeds = new Map<string, Feed>()
    listener.on('notification', (_channel, payload) => route(feeds, payload))
    listener.on('up', () => {
      for (const feed of feeds.values()) feed.nudge(null)
    })
    slot.orchestratorHub = { listener, feeds, ready: listener.start() }
  }
  return slot.orchestratorHub
}

function route(feeds: Map<string, Feed>, payload: string): void {
  const nudge = parseNudge(payload)
  if (!nudge) return
  if (nudge.kind === 'everything') for (const feed of feeds.values()) feed.nudge(null)
  else if (nudge.kind === 'events')
    for (const { organizationId, last } of nudge.streams) feeds.get(organizationId)?.nudge(last)
  else for (const one of feeds.get(nudge.organizationId)?.subscribers ?? []) one.pushLog(nudge.runId, nudge.sequence)
}

/** Ends listening; for tests that run several hubs one after the other. */
export async function stopHub(): Promise<void> {
  const stopped = slot.orchestratorHub
  slot.orchestratorHub = undefined
  await stopped?.listener.stop()
}

async function feedOf(scope: Scope): Promise<Feed> {
  const { feeds, ready } = hub()
  await ready
  const { organizationId } = scope
  if (!feeds.has(organizationId)) {
    const position = await lastSequence(scope)
    if (!feeds.has(organizationId)) {
      const unused = () => feeds.delete(organizationId)
      feeds.set(organizationId, new Feed(scope, position, unused))
    }
  }
  const feed = feeds.get(organizationId) as Feed
  feed.users += 1
  return feed
}

/** Batches of events and log nudges, in the order in which they are to be sent. */
export type Followed = { type: 'events'; batches: Batch[] } | { type: 'log'; runId: string; sequence: number }

/** What ends a stream because its listener may not hear more: events of these types for which `is` holds. */
export interface Ending {
  types: readonly string[]
  is: (event: StoredEvent) => boolean
  /** Only events after this one: who may listen was asked when it was the newest. */
  since: bigint
}

/** The batches without what comes after an ending, and whether there is one. */
function upTo(batches: Batch[], ending: Ending | undefined): { batches: Batch[]; over: boolean } {
  for (const [index, batch] of batches.entries()) {
    if (!ending?.types.some((type) => batch.types.has(type))) continue
    const at = batch.events.findIndex((event) => event.sequence > ending.since && ending.is(event))
    if (at < 0) continue
    const before = at > 0 ? [toBatch(batch.events.slice(0, at))] : []
    return { batches: [...batches.slice(0, index), ...before], over: true }
  }
  return { batches, over: false }
}

/**
 * Everything that happens in one organization after a sequence, in order and once, until the signal aborts or an
 * ending comes. Who is behind reads the log alone until it has caught up, then shares the hub's reads.
 * @throws SlowSubscriber when what was not fetched has grown beyond the limit
 */
export async function* follow(
  scope: Scope,
  after: bigint,
  signal: AbortSignal,
  options: { onDrop?: () => void; ending?: Ending } = {},
): AsyncGenerator<Followed, void, undefined> {
  const feed = await feedOf(scope)
  const subscriber = new Subscriber(signal, options.onDrop)
  // On abort as well: a stream whose client does not read any more is never asked to go on, or to end.
  const leave = (): void => {
    signal.removeEventListener('abort', leave)
    feed.leave(subscriber)
  }
  signal.addEventListener('abort', leave)
  let seen = after
  try {
    while (feed.position > seen && !signal.aborted) {
      const events = await readEvents(scope, { after: seen, limit: PAGE })
      if (events.length === 0) break
      const batch = toBatch(events)
      seen = batch.last
      const { batches, over } = upTo([batch], options.ending)
      if (batches.length > 0) yield { type: 'events', batches }
      if (over) return
    }
    if (signal.aborted) return
    feed.join(subscriber, seen)
    for await (const item of subscriber.items()) {
      if (item.type === 'log') yield item
      else {
        const fresh = item.batches.flatMap((batch) => batch.after(seen) ?? [])
        seen = fresh.at(-1)?.last ?? seen
        const { batches, over } = upTo(fresh, options.ending)
        if (batches.length > 0) yield { type: 'events', batches }
        if (over) return
      }
    }
  } finally {
    leave()
  }
}

/**
 * Where to begin: after the id somebody has, or at the newest. An id from the future (a restored database) and anything that is
 * no id count as now.
 */
export async function startAfter(scope: Scope, lastEventId: string | null | undefined) {
  const newest = await lastSequence(scope)
  const given = lastEventId && /^\d{1,18}$/.test(lastEventId) ? BigInt(lastEventId) : newest
  return { after: given > newest ? newest : given, newest }
}
