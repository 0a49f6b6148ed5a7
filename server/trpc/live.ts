import { tracked } from '@trpc/server'
import { z } from 'zod'
import type { Actor } from '#server/auth/model'
import { accessEndingTypes, endsAccess } from '#server/auth/rules/access-ends'
import { AppError } from '#server/kernel/app-error'
import { type Followed, follow, startAfter } from '#server/platform/events/hub'
import type { StoredEvent } from '#server/platform/events/log'
import { takeStream } from '#server/platform/http/open-streams'
import { untilShutdown } from '#server/platform/http/shutdown'
import { toTrpcError } from './errors'
import { router } from './init'
import { permitted } from './procedures'

/**
 * A stream ends after about this long and the browser comes back: who may listen is asked again each time, and at once
 * when that changed. Not all at the same moment, also when all began together.
 */
const streamLifeMs = () => Math.round((8 + Math.random() * 4) * 60_000)

/** What a page gets: `ready` first, then events in order (tracked by sequence), log nudges in between (not tracked). */
type LiveMessage =
  | { type: 'ready'; sequence: bigint }
  | { type: 'event'; event: StoredEvent }
  | Extract<Followed, { type: 'log' }>

/** Inside of the stream, which always runs to its end: a place taken before it might never be given back. */
function takePlace(actor: Actor): () => void {
  try {
    return takeStream(actor)
  } catch (error) {
    throw error instanceof AppError ? toTrpcError(error) : error
  }
}

export const liveRouter = router({
  /** The one stream of a browser: everything that happens in the organization, from the last id it has. */
  events: permitted('event.read')
    .input(z.object({ lastEventId: z.string().max(40).nullish() }).optional())
    .subscription(async function* ({ ctx, input, signal }) {
      const leave = takePlace(ctx.scope.actor)
      const ended = untilShutdown(signal)
      const done = new AbortController()
      try {
        const life = AbortSignal.any([ended.signal, done.signal, AbortSignal.timeout(streamLifeMs())])
        const { after, newest } = await startAfter(ctx.scope, input?.lastEventId)
        const ready: LiveMessage = { type: 'ready', sequence: after }
        yield tracked(String(after), ready)
        const { actor } = ctx.scope
        const ending = { types: accessEndingTypes, is: (event: StoredEvent) => endsAccess(event, actor), since: newest }
        for await (const message of follow(ctx.scope, after, life, { ending })) {
          if (message.type === 'log') yield message as LiveMessage
          else
            for (const event of message.batches.flatMap((batch) => batch.events)) {
              yield tracked(String(event.sequence), { type: 'event', event } as LiveMessage)
            }
        }
        // Not "complete", which would tell clients to stop: cut off, they reconnect and go on after their last id.
        throw new DOMException('The stream ended; reconnect.', 'AbortError')
      } finally {
        done.abort()
        ended.release()
        leave()
      }
    }),
})
