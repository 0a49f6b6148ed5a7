import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Scope } from '#server/auth/model'
import { accessEndingTypes, endsAccess } from '#server/auth/rules/access-ends'
import { streamName } from '#server/kernel/event-names'
import { type Followed, follow, startAfter } from '#server/platform/events/hub'
import type { StoredEvent } from '#server/platform/events/log'
import type { Batch } from '#server/platform/events/subscriber'
import { takeStream } from '#server/platform/http/open-streams'
import { untilShutdown } from '#server/platform/http/shutdown'
import { cutOffWhenStalled } from '#server/platform/http/stalled'
import { permit, type RestEnvironment } from '../authenticate'
import { failures } from '../errors'
import { refuseInput } from '../refuse-input'

/** Proxies cut connections that are silent for a minute or less. */
const HEARTBEAT_MS = 15_000
const STALLED_MS = 40_000
/** Each client is told another pause before it comes back, so that a restart does not bring all of them at once. */
const reconnectMs = () => Math.round(1_000 + Math.random() * 3_000)
/** A stream ends after about this long, or when its listener's access ends: who may listen is asked again each time. */
const streamLifeMs = () => Math.round((8 + Math.random() * 4) * 60_000)

const stream = createRoute({
  method: 'get',
  path: '/events',
  summary: 'Everything that happens, as server-sent events',
  description:
    'Events are named requirement_submitted, task_completed, decision_needed and status_update; the data is JSON. The id is the sequence in the log: send it back as Last-Event-ID and nothing is missed or repeated. Without it the stream begins now. A person or token may have 50 streams open on one web server; one more is answered with 429.',
  middleware: permit('event.read'),
  request: {
    headers: z.object({ 'last-event-id': z.string().max(40).optional() }),
    query: z.object({ lastEventId: z.string().max(40).optional() }),
  },
  responses: {
    200: { description: 'A stream without end.', content: { 'text/event-stream': { schema: z.string() } } },
    ...failures(),
  },
})

export const events = new OpenAPIHono<RestEnvironment>({ defaultHook: refuseInput }).openapi(stream, (context) => {
  const lastEventId = context.req.valid('header')['last-event-id'] ?? context.req.valid('query').lastEventId
  const body = eventStream(context.get('scope'), lastEventId, context.req.raw.signal)
  return context.body(body, 200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    // At shutdown the client must not come back to the old process over the same connection.
    connection: 'close',
  })
})

function eventStream(scope: Scope, lastEventId: string | undefined, request: AbortSignal): ReadableStream<Uint8Array> {
  const leave = takeStream(scope.actor)
  const ended = untilShutdown(request)
  const done = new AbortController()
  const signal = AbortSignal.any([ended.signal, done.signal, AbortSignal.timeout(streamLifeMs())])
  let heartbeat: NodeJS.Timeout | undefined
  let messages: AsyncIterator<Followed> | undefined
  const tidyUp = () => {
    clearInterval(heartbeat)
    ended.release()
    done.abort()
    leave()
  }
  const source = new ReadableStream<Uint8Array>({
    async start(controller) {
      const { after, newest } = await startAfter(scope, lastEventId).catch((error: unknown) => {
        tidyUp()
        throw error
      })
      // Whoever is dropped is not asked for more; the error ends its connection.
      const onDrop = () => {
        controller.error(new Error('dropped: the client reads too slowly'))
        tidyUp()
      }
      const is = (event: StoredEvent) => endsAccess(event, scope.actor)
      messages = follow(scope, after, signal, { onDrop, ending: { types: accessEndingTypes, is, since: newest } })
      controller.enqueue(encoder.encode(`retry: ${reconnectMs()}\n: following from ${after}\n\n`))
      heartbeat = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(ALIVE)
      }, HEARTBEAT_MS)
    },
    async pull(controller) {
      const piece = await nextPiece(messages).catch((error: unknown) => {
        tidyUp()
        throw error
      })
      if (piece) return controller.enqueue(piece)
      tidyUp()
      controller.close()
    },
    cancel: tidyUp,
  })
  return cutOffWhenStalled(source, STALLED_MS)
}

const encoder = new TextEncoder()
const ALIVE = encoder.encode(': alive\n\n')

/** The next events as bytes, made once for all clients; null at the end. Live logs are not part of this stream. */
async function nextPiece(messages: AsyncIterator<Followed> | undefined): Promise<Uint8Array | null> {
  for (;;) {
    const next = await messages?.next()
    if (!next || next.done) return null
    if (next.value.type === 'log') continue
    const pieces = next.value.batches.map((batch) => {
      batch.encoded ??= encoder.encode(frames(batch))
      return batch.encoded
    })
    const [only] = pieces
    return only && pieces.length === 1 ? only : Buffer.concat(pieces)
  }
}

/** In the format of the WHATWG HTML standard, "Server-sent events". */
function frames(batch: Batch): string {
  const one = (type: string, sequence: bigint, json: string) =>
    `id: ${sequence}\nevent: ${streamName(type)}\ndata: ${json}\n\n`
  return batch.events.map(({ type, sequence }, index) => one(type, sequence, batch.json[index] ?? '')).join('')
}
