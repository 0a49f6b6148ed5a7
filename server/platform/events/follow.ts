import type { Scope } from '#server/auth/model'
import { lastSequence, readEvents, type StoredEvent } from './log'
import type { Nudge } from './stream'

const PAGE = 500

/** Something new for whoever follows an organization: an event of the log, or a run's live log that has grown. */
export type Followed = { type: 'event'; event: StoredEvent } | { type: 'log'; runId: string; sequence: number }

/**
 * Everything that happens in one organization after a sequence, in order and once. Begin the subscription that gives
 * `nudges` before asking for the sequence, so that nothing falls between reading and listening.
 */
export async function* follow(
  scope: Scope,
  after: bigint,
  nudges: AsyncIterable<Nudge>,
): AsyncGenerator<Followed, void, undefined> {
  let seen = after
  async function* unread(): AsyncGenerator<Followed, void, undefined> {
    for (;;) {
      const events = await readEvents(scope, { after: seen, limit: PAGE })
      for (const event of events) {
        seen = event.sequence
        yield { type: 'event', event }
      }
      if (events.length < PAGE) return
    }
  }
  yield* unread()
  for await (const nudge of nudges) {
    if (nudge.kind === 'log') yield { type: 'log', runId: nudge.runId, sequence: nudge.sequence }
    else if (nudge.kind === 'up' || nudge.sequence > seen) yield* unread()
  }
}

/**
 * Where to begin: after the id somebody has, or now. An id from the future (a restored database) and anything that is
 * no id count as now.
 */
export async function startAfter(scope: Scope, lastEventId: string | null | undefined): Promise<bigint> {
  const newest = await lastSequence(scope)
  if (!lastEventId || !/^\d{1,18}$/.test(lastEventId)) return newest
  const given = BigInt(lastEventId)
  return given > newest ? newest : given
}
