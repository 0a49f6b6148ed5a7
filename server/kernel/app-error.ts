/**
 * The one error type that crosses room borders. Each room names its failures by building on this class with a closed
 * union of codes; wires convert it once (tRPC code, HTTP status, exit code).
 */
export type ErrorKind =
  | 'invalid' // the caller sent something that can't be accepted: 400
  | 'unauthenticated' // nobody is signed in: 401
  | 'forbidden' // signed in, but the role does not allow it: 403
  | 'not-found' // also for things of another organization: 404
  | 'conflict' // somebody else was first: 409
  | 'too-large' // 413
  | 'too-many' // rate limit: 429
  | 'unavailable' // something we need is missing now (sandbox, provider, database): 503
  | 'internal' // a fault of ours: 500

export interface AppErrorOptions<Code extends string> {
  code: Code
  kind: ErrorKind
  /** For people: what happened, what still works, what to do. Shown as it is. */
  message: string
  /** True when the same call may succeed later without anybody changing anything. Decided where the error is born. */
  retryable?: boolean
  /** Machine-readable facts that belong to the error (never secrets). */
  details?: Record<string, unknown>
  cause?: unknown
}

export class AppError<Code extends string = string> extends Error {
  readonly code: Code
  readonly kind: ErrorKind
  readonly retryable: boolean
  readonly details: Record<string, unknown>

  constructor(options: AppErrorOptions<Code>) {
    super(options.message, { cause: options.cause })
    this.name = 'AppError'
    this.code = options.code
    this.kind = options.kind
    this.retryable = options.retryable ?? false
    this.details = options.details ?? {}
  }
}

/** The message of anything thrown, for logs and for people when no AppError is at hand. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
