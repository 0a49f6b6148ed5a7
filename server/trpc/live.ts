import { tracked } from '@trpc/server'
import { z } from 'zod'
import { type Followed, follow, startAfter } from '#server/platform/events/follow'
import { subscribe } from '#server/platform/events/stream'
import { untilShutdown } from '#server/platform/http/shutdown'
import { router } from './init'
import { permitted } from './procedures'

/** What a page gets: `ready` first, then events in order (tracked by sequence), log nudges in between (not tracked). */
export type LiveMessage = { type: 'ready'; sequence: bigint } | Followed

export const liveRouter = router({
  /** The one stream of a browser: everything that happens in the organization, from the last id it has. */
  events: permitted('event.read')
    .input(z.object({ lastEventId: z.string().max(40).nullish() }).optional())
    .subscription(async function* ({ ctx, input, signal }) {
      const ended = untilShutdown(signal)
      try {
        const nudges = await subscribe(ctx.scope.organizationId, { signal: ended.signal })
        const after = await startAfter(ctx.scope, input?.lastEventId)
        const ready: LiveMessage = { type: 'ready', sequence: after }
        yield tracked(String(after), ready)
        for await (const message of follow(ctx.scope, after, nudges)) {
          if (message.type === 'event') yield tracked(String(message.event.sequence), message as LiveMessage)
          else yield message
        }
      } finally {
        ended.release()
      }
    }),
})
