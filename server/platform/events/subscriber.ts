import type { StoredEvent } from './log'

/** Bytes of events as JSON that wait for one subscriber: who is that far behind does not read any more. */
const QUEUE_BYTES = 256 * 1024
/** Runs whose live log has grown since it was last told; with more of them the oldest is forgotten. */
const MOST_LOGS = 200

/** Somebody who does not read is let go, so that the others and the process's memory don't suffer; it may come back. */
class SlowSubscriber extends Error {
  constructor() {
    super(`a subscriber was dropped: it left more than ${QUEUE_BYTES} bytes of events unread`)
    this.name = 'SlowSubscriber'
  }
}

/** Events read together, with what is made of them once for everybody. */
export interface Batch {
  events: readonly StoredEvent[]
  first: bigint
  last: bigint
  /** Each event as JSON, with the sequence as a string. */
  json: readonly string[]
  bytes: number
  /** What kinds of events are in it. */
  types: ReadonlySet<string>
  /** A place for the one encoding that a wire makes of the batch for all its clients. */
  encoded?: Uint8Array
  /** What is newer than `seen`: the same object when that is all of it, null when it is nothing. */
  after: (seen: bigint) => Batch | null
}

export function toBatch(events: readonly StoredEvent[]): Batch {
  const json = events.map(({ sequence, ...rest }) => JSON.stringify({ ...rest, sequence: String(sequence) }))
  const first = events[0]?.sequence ?? 0n
  const last = events.at(-1)?.sequence ?? 0n
  const batch: Batch = {
    events,
    first,
    last,
    json,
    bytes: json.reduce((sum, text) => sum + text.length, 0),
    types: new Set(events.map((event) => event.type)),
    after(seen) {
      if (seen < first) return batch
      return seen >= last ? null : toBatch(events.filter((event) => event.sequence > seen))
    },
  }
  return batch
}

type Item = { type: 'events'; batches: Batch[] } | { type: 'log'; runId: string; sequence: number }

/** What waits for one stream. Batches are shared between subscribers; only the list of them is one's own. */
export class Subscriber {
  readonly #signal: AbortSignal
  readonly #onDrop: (() => void) | undefined
  readonly #logs = new Map<string, number>()
  #batches: Batch[] = []
  #bytes = 0
  #dropped = false
  #wake: (() => void) | undefined

  /** @param onDrop told at once when it is dropped, for streams that would not be asked for more */
  constructor(signal: AbortSignal, onDrop?: () => void) {
    this.#signal = signal
    this.#onDrop = onDrop
  }

  push(batch: Batch): void {
    if (this.#dropped) return
    this.#bytes += batch.bytes
    this.#batches.push(batch)
    if (this.#bytes > QUEUE_BYTES && this.#batches.length > 1) {
      this.#dropped = true
      this.#batches = []
      this.#logs.clear()
      this.#onDrop?.()
    }
    this.#wake?.()
  }

  pushLog(runId: string, sequence: number): void {
    if (this.#dropped) return
    this.#logs.delete(runId)
    this.#logs.set(runId, sequence)
    const [oldest] = this.#logs.keys()
    if (this.#logs.size > MOST_LOGS && oldest !== undefined) this.#logs.delete(oldest)
    this.#wake?.()
  }

  /** @throws SlowSubscriber when it was dropped meanwhile */
  async *items(): AsyncGenerator<Item, void, undefined> {
    const onAbort = () => this.#wake?.()
    this.#signal.addEventListener('abort', onAbort)
    try {
      while (!this.#signal.aborted) {
        if (this.#dropped) throw new SlowSubscriber()
        // All that wait at once: who is behind gets fewer, larger pieces, and catches up.
        const batches = this.#batches
        if (batches.length > 0) {
          this.#batches = []
          this.#bytes = 0
          yield { type: 'events', batches }
          continue
        }
        const [log] = this.#logs
        if (log) {
          this.#logs.delete(log[0])
          yield { type: 'log', runId: log[0], sequence: log[1] }
          continue
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve
          if (this.#signal.aborted) resolve()
        })
      }
    } finally {
      this.#signal.removeEventListener('abort', onAbort)
    }
  }
}
