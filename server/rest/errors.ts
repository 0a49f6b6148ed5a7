import { z } from '@hono/zod-openapi'
import type { ZodError } from 'zod'
import { AppError, type ErrorKind, messageOf } from '#server/kernel/app-error'
import { databaseTrouble } from '#server/platform/database/failures'
import { logger } from '#server/platform/logging/logger'

const statuses = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'too-many': 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<ErrorKind, number>

const errorSchema = z
  .object({
    error: z.object({
      code: z.string().openapi({ description: 'Stable; for programs.', example: 'requirement-not-found' }),
      message: z.string().openapi({ description: 'For people: what happened and what to do.' }),
      details: z.record(z.string(), z.unknown()),
    }),
  })
  .openapi('Error')

const meanings: Record<number, string> = {
  400: 'The request cannot be accepted; the message says what to change.',
  401: 'No valid token and no session.',
  403: 'Signed in, but not allowed to do this.',
  404: 'There is no such thing for you.',
  409: 'Somebody was first; the details say who and what.',
  413: 'The body is too large.',
  429: 'Too many requests; see Retry-After.',
}

/** The error responses of a route, for its OpenAPI entry: those every route has, and the given ones. */
export function failures(...extra: (400 | 404 | 409 | 413)[]) {
  const codes = [401, 403, 429, ...extra]
  const entries = codes.map((code) => [
    code,
    { description: meanings[code] ?? '', content: { 'application/json': { schema: errorSchema } } },
  ])
  return Object.fromEntries(entries) as Record<
    401 | 403 | 429,
    { description: string; content: { 'application/json': { schema: typeof errorSchema } } }
  >
}

/** Anything thrown, as the one answer programs get. Nothing of an internal fault leaves the server. */
export function errorResponse(thrown: unknown): Response {
  const error = thrown instanceof AppError ? thrown : (databaseTrouble(thrown) ?? thrown)
  if (error instanceof AppError && error.kind !== 'internal') {
    const { code, message, details } = error
    const headers: Record<string, string> = { 'cache-control': 'no-store' }
    if (typeof details.retryAfterSeconds === 'number') headers['retry-after'] = String(details.retryAfterSeconds)
    if (error.kind === 'unauthenticated') headers['www-authenticate'] = 'Bearer'
    return Response.json({ error: { code, message, details } }, { status: statuses[error.kind], headers })
  }
  const errorId = crypto.randomUUID().slice(0, 8)
  logger().error({ err: error, 'error.id': errorId }, messageOf(error))
  const message = `Something went wrong on our side; please try again. If it stays, tell an operator the number ${errorId}.`
  return Response.json({ error: { code: 'internal', message, details: { errorId } } }, { status: 500 })
}

/** A refused input, naming each wrong field by its path. */
export function invalidInput(error: ZodError): AppError {
  const problems = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
  const [first] = problems
  return new AppError({
    code: 'invalid-input',
    kind: 'invalid',
    message: first ? `${first.path ? `${first.path}: ` : ''}${first.message}` : 'This input cannot be accepted.',
    details: { problems },
  })
}
