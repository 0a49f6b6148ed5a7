import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { AppError } from '#server/kernel/app-error'
import { refuseDeepJson } from '#server/platform/http/json-depth'
import { readLimited } from '#server/platform/http/limited-body'
import type { RestEnvironment } from './authenticate'
import { errorResponse } from './errors'
import { health } from './health'
import { openApiDocument } from './openapi'
import { budgets } from './routes/budgets'
import { requirementChanges, taskChanges } from './routes/changes'
import { decisions } from './routes/decisions'
import { events } from './routes/events'
import { inbound } from './routes/inbound'
import { projects } from './routes/projects'
import { requirements } from './routes/requirements'
import { signed } from './routes/signed'
import { statusAndMetrics } from './routes/status'
import { tasks } from './routes/tasks'

/** A requirement of 1 MB in JSON, where quotes and line breaks take two bytes, with room to spare. */
const BODY_LIMIT = 4_000_000

/** Bodies are counted while reading and must be UTF-8, before anything else looks at them. */
const checkedBody: MiddlewareHandler<RestEnvironment> = async (context, next) => {
  const request = context.req.raw
  if (request.body) {
    const bytes = await readLimited(request.body, BODY_LIMIT)
    if (request.headers.get('content-type')?.includes('json')) refuseDeepJson(bytes)
    context.req.raw = new Request(request.url, {
      method: request.method,
      headers: request.headers,
      signal: request.signal,
      body: utf8(bytes),
    })
  }
  await next()
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new AppError({
      code: 'not-utf-8',
      kind: 'invalid',
      message: 'The body is not text in UTF-8; it looks like a binary file or another encoding. Nothing was saved.',
      cause,
    })
  }
}

const noStore: MiddlewareHandler<RestEnvironment> = async (context, next) => {
  await next()
  if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store')
}

/** Everything under /api that programs use. Each route proves its own permission (authenticate.ts). */
function createApp() {
  const app = new OpenAPIHono<RestEnvironment>().basePath('/api')
  app.onError((error) => errorResponse(inOurWords(error)))
  app.notFound(() =>
    errorResponse(
      new AppError({
        code: 'no-such-route',
        kind: 'not-found',
        message: 'There is nothing at this address and method. GET /api/openapi.json describes what there is.',
      }),
    ),
  )
  app.use(noStore)
  app.route('/', inbound)
  app.use(checkedBody)
  app.get('/health', health)
  // Made once: it is work for the processor, and anybody may ask.
  let description: string | undefined
  app.get('/openapi.json', (context) => {
    description ??= JSON.stringify(openApiDocument(app))
    return context.body(description, 200, { 'content-type': 'application/json' })
  })
  for (const routes of [
    requirements,
    projects,
    statusAndMetrics,
    tasks,
    decisions,
    events,
    budgets,
    requirementChanges,
    taskChanges,
  ])
    app.route('/', routes)
  app.route('/', signed)
  return app
}

/** Hono's own refusals of a body, in our words. */
function inOurWords(error: Error): Error {
  if (!(error instanceof HTTPException)) return error
  if (error.status === 415) {
    return new AppError({
      code: 'content-type',
      kind: 'invalid',
      message:
        'This content type is not understood here. Send application/json; a requirement may also be text/markdown or text/plain.',
    })
  }
  return new AppError({
    code: 'invalid-json',
    kind: 'invalid',
    message: 'The body is not valid JSON. Nothing was saved.',
    cause: error,
  })
}

export const app = createApp()
