import type { TRPCError } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { bearerSent } from '#server/api-keys/authenticate'
import { sessionCookieSent } from '#server/auth/session'
import { AppError, messageOf } from '#server/kernel/app-error'
import { databaseTrouble } from '#server/platform/database/failures'
import { crossSiteProblem } from '#server/platform/http/cross-site'
import { refuseDeepJson } from '#server/platform/http/json-depth'
import { readLimited } from '#server/platform/http/limited-body'
import { ownHosts } from '#server/platform/http/own-hosts'
import { cutOffWhenStalled } from '#server/platform/http/stalled'
import { logger } from '#server/platform/logging/logger'
import { createContext } from './context'
import { faultId, isInternal, toTrpcError } from './errors'
import { appRouter } from './root'

/** A requirement of 1 MB in JSON, where every quote and line break takes two bytes, with room to spare. */
const BODY_LIMIT = 4_000_000
const MAX_BATCH = 20
/** A stream says something every 10 seconds. */
const STALLED_MS = 30_000

/** Answers `/api/trpc/*`, for Next's route handler and for tests alike. */
export async function handler(request: Request): Promise<Response> {
  try {
    refuseForeignSites(request)
    const response = await fetchRequestHandler({
      endpoint: '/api/trpc',
      req: await withLimitedBody(request),
      router: appRouter,
      createContext: ({ req }) => createContext(req.headers).catch(rethrow),
      maxBatchSize: MAX_BATCH,
      // Every answer is somebody's own: no cache on the way may give it to another.
      responseMeta: ({ errors }) => ({ headers: { 'cache-control': 'no-store', ...retryAfter(errors) } }),
      onError: ({ error, path }) => {
        if (!isInternal(error)) return
        logger().error({ err: error.cause ?? error, 'error.id': faultId(error), 'trpc.path': path }, messageOf(error))
      },
    })
    return withStreamHeaders(response)
  } catch (error) {
    if (error instanceof AppError) return refusal(error)
    throw error
  }
}

function refuseForeignSites(request: Request): void {
  // Browsers send other authorizations by themselves, those of a proxy in front: they don't make a request a program's.
  if (bearerSent(request.headers) || !sessionCookieSent(request.headers)) return
  const problem = crossSiteProblem(request.method, request.headers, ownHosts(request.headers))
  if (!problem) return
  throw new AppError({
    code: 'cross-site',
    kind: 'forbidden',
    message: `${problem} Nothing was changed. Please use the product under its own address.`,
  })
}

async function withLimitedBody(request: Request): Promise<Request> {
  if (request.method !== 'POST') return request
  const body = await readLimited(request.body, BODY_LIMIT)
  refuseDeepJson(body)
  const { url, method, headers, signal } = request
  return new Request(url, { method, headers, signal, body: Buffer.from(body) })
}

function rethrow(error: unknown): never {
  const known = error instanceof AppError ? error : databaseTrouble(error)
  throw known ? toTrpcError(known) : error
}

/** The longest wait that one of a batch asks for, as HTTP says it. */
function retryAfter(errors: TRPCError[]): Record<string, string> {
  const seconds = errors.flatMap(({ cause }) => {
    const given = cause instanceof AppError ? cause.details.retryAfterSeconds : undefined
    return typeof given === 'number' ? [given] : []
  })
  return seconds.length > 0 ? { 'retry-after': String(Math.max(...seconds)) } : {}
}

/** Without `connection: close` a stream that ends at shutdown keeps the old process reachable over keep-alive. */
function withStreamHeaders(response: Response): Response {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response
  const headers = new Headers(response.headers)
  headers.set('cache-control', 'no-cache, no-transform')
  headers.set('x-accel-buffering', 'no')
  headers.set('connection', 'close')
  const body = response.body && cutOffWhenStalled(response.body, STALLED_MS)
  return new Response(body, { status: response.status, headers })
}

/** A refusal before tRPC has a word: in the envelope its clients read, superjson's included. */
function refusal(error: AppError): Response {
  const converted = toTrpcError(error)
  const status = error.kind === 'too-large' ? 413 : error.kind === 'invalid' ? 400 : 403
  const data = { code: error.code, kind: error.kind, details: error.details, httpStatus: status }
  return Response.json({ error: { json: { message: converted.message, code: -32_003, data } } }, { status })
}
