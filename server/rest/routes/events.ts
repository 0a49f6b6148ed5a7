import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Scope } from '#server/auth/model'
import { follow, startAfter } from '#server/platform/events/follow'
import type { StoredEvent } from '#server/platform/events/log'
import { subscribe } from '#server/platform/events/stream'
import { untilShutdown } from '#server/platform/http/shutdown'
import { permit, type RestEnvironment } from '../authenticate'
import { failures } from '../errors'
import { streamName } from '../event-names'
import { refuseInput } from '../refuse-input'

/** Proxies cut connections that are silent for a minute or less. */
const HEARTBEAT_MS = 15_000
const RECONNECT_MS = 2_000
/** A stream ends after this long and the client comes back: who may listen is asked again each time. */
const STREAM_LIFE_MS = 10 * 60_000

const stream = createRoute({
  method: 'get',
  path: '/events',
  summary: 'Everything that happens, as server-sent events',
  description:
    'Events are named requirement_submitted, task_completed, decision_needed and status_update; the data is JSON. The id is the sequence in the log: send it back as Last-Event-ID and nothing is missed or repeated. Without it the stream begins now.',
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
  const encoder = new TextEncoder()
  const ended = untilShutdown(request)
  const done = new AbortController()
  const signal = AbortSignal.any([ended.signal, done.signal, AbortSignal.timeout(STREAM_LIFE_MS)])
  let heartbeat: NodeJS.Timeout | undefined
  let gone = false
  const tidyUp = () => {
    clearInterval(heartbeat)
    ended.release()
    done.abort()
  }
  const run = async (write: (text: string) => void) => {
    const nudges = await subscribe(scope.organizationId, { signal })
    const after = await startAfter(scope, lastEventId)
    write(`retry: ${RECONNECT_MS}\n: following from ${after}\n\n`)
    heartbeat = setInterval(() => write(': alive\n\n'), HEARTBEAT_MS)
    for await (const message of follow(scope, after, nudges)) {
      if (message.type === 'event') write(frame(message.event))
    }
  }
  return new ReadableStream<Uint8Array>({
    start(controller) {
      run((text) => {
        if (!gone) controller.enqueue(encoder.encode(text))
      })
        .then(
          () => gone || controller.close(),
          (error: unknown) => gone || controller.error(error),
        )
        .finally(tidyUp)
    },
    cancel() {
      gone = true
      tidyUp()
    },
  })
}

/** One event in the format of the WHATWG HTML standard, "Server-sent events". */
function frame(event: StoredEvent): string {
  const { sequence, at, ...rest } = event
  const data = JSON.stringify({ ...rest, sequence: String(sequence), at: at.toISOString() })
  return `id: ${sequence}\nevent: ${streamName(event.type)}\ndata: ${data}\n\n`
}
