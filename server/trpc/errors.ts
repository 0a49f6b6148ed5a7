import { TRPCError } from '@trpc/server'
import { ZodError } from 'zod'
import { AppError, type ErrorKind } from '#server/kernel/app-error'

type TrpcCode = TRPCError['code']

const codes: Record<ErrorKind, TrpcCode> = {
  invalid: 'BAD_REQUEST',
  unauthenticated: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  'not-found': 'NOT_FOUND',
  conflict: 'CONFLICT',
  'too-large': 'PAYLOAD_TOO_LARGE',
  'too-many': 'TOO_MANY_REQUESTS',
  unavailable: 'SERVICE_UNAVAILABLE',
  internal: 'INTERNAL_SERVER_ERROR',
}

const kinds: Partial<Record<TrpcCode, ErrorKind>> = {
  PARSE_ERROR: 'invalid',
  BAD_REQUEST: 'invalid',
  UNAUTHORIZED: 'unauthenticated',
  FORBIDDEN: 'forbidden',
  NOT_FOUND: 'not-found',
  METHOD_NOT_SUPPORTED: 'invalid',
  CONFLICT: 'conflict',
  PAYLOAD_TOO_LARGE: 'too-large',
  UNSUPPORTED_MEDIA_TYPE: 'invalid',
  TOO_MANY_REQUESTS: 'too-many',
  CLIENT_CLOSED_REQUEST: 'unavailable',
}

/** What a page finds under `error.data`. */
export interface ErrorData {
  /** The room's own code, `invalid-input` for a refused input, `internal` for a fault of ours. */
  code: string
  kind: ErrorKind
  details: Record<string, unknown>
  httpStatus: number
  path?: string
}

/** An AppError in tRPC's words; its message is meant for people and stays as it is. */
export function toTrpcError(error: AppError): TRPCError {
  return new TRPCError({ code: codes[error.kind], message: error.message, cause: error })
}

/** The AppError behind a tRPC error, wherever it was thrown. */
function appErrorOf(error: TRPCError): AppError | null {
  return error.cause instanceof AppError ? error.cause : null
}

/** True for faults of ours, which are logged and told to people only as an id. */
export function isInternal(error: TRPCError): boolean {
  const known = appErrorOf(error)
  return known ? known.kind === 'internal' : kinds[error.code] === undefined
}

const faultIds = new WeakMap<Error, string>()

/** The id that connects the sentence a person sees with the line in the log. */
export function faultId(error: TRPCError): string {
  const key = error.cause ?? error
  const id = faultIds.get(key) ?? crypto.randomUUID().slice(0, 8)
  faultIds.set(key, id)
  return id
}

/** The field of a path as people would write it: `timeZone` is "Time zone". */
function fieldName(path: string): string {
  const words = path.replace(/([a-z])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Our own sentences say all there is to say; what has none needs the name of the field before it. */
function inWords({ path, message }: { path: string; message: string }): string {
  return path === '' || message.endsWith('.') ? message : `${fieldName(path)}: ${message}`
}

interface Shape {
  message: string
  code: number
  data: { httpStatus: number; path?: string }
}

/** The one place where an error becomes what the browser gets. Nothing of an internal fault leaves the server. */
export function errorShape<Given extends Shape>(
  shape: Given,
  error: TRPCError,
): Omit<Given, 'data'> & { data: ErrorData } {
  const base = { httpStatus: shape.data.httpStatus, ...(shape.data.path ? { path: shape.data.path } : {}) }
  if (isInternal(error)) {
    const id = faultId(error)
    return {
      ...shape,
      message: `Something went wrong on our side. Nothing you entered was changed; please try again. If it stays, tell an operator the number ${id}.`,
      data: { ...base, code: 'internal', kind: 'internal', details: { errorId: id } },
    }
  }
  const known = appErrorOf(error)
  if (known) {
    return {
      ...shape,
      message: known.message,
      data: { ...base, code: known.code, kind: known.kind, details: known.details },
    }
  }
  if (error.cause instanceof ZodError) {
    const problems = error.cause.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
    const first = problems[0]
    const message = first ? inWords(first) : 'This input cannot be accepted.'
    return { ...shape, message, data: { ...base, code: 'invalid-input', kind: 'invalid', details: { problems } } }
  }
  const code = error.code.toLowerCase().replaceAll('_', '-')
  return { ...shape, data: { ...base, code, kind: kinds[error.code] ?? 'internal', details: {} } }
}
