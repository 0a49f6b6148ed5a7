import { AppError } from '#server/kernel/app-error'

/** Every way a model call can fail, in one closed list. */
export const providerFailures = [
  'authentication', // 401: the key is wrong
  'permission', // 403
  'payment', // 402, insufficient_quota: no credit
  'rate-limited', // 429
  'overloaded', // 529, overloaded_error
  'server', // 5xx
  'invalid-request', // 400 that no retry mends
  'context-too-long', // the conversation exceeds the model's window
  'model-not-found', // 404
  'connection', // no response at all
  'stream-cut', // bytes came, the terminal marker did not
  'idle', // nothing came for the idle limit
  'deadline', // the whole call took too long
  'malformed-response', // not what the wire promises
  'aborted', // we stopped it
] as const
export type ProviderFailure = (typeof providerFailures)[number]

const retryable: ReadonlySet<ProviderFailure> = new Set([
  'rate-limited',
  'overloaded',
  'server',
  'connection',
  'stream-cut',
  'idle',
  'deadline',
  'malformed-response',
])

/** A model call that did not end in a finished turn. */
export class ProviderError extends AppError<ProviderFailure> {
  readonly status: number | null
  readonly requestId: string | null
  /** What the provider asked us to wait, milliseconds; the bridge caps it. */
  readonly retryAfterMs: number | null

  constructor(
    failure: ProviderFailure,
    message: string,
    facts: { status?: number | null; requestId?: string | null; retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super({
      code: failure,
      kind: 'unavailable',
      message,
      retryable: retryable.has(failure),
      details: { status: facts.status ?? null, requestId: facts.requestId ?? null },
      cause: facts.cause,
    })
    this.name = 'ProviderError'
    this.status = facts.status ?? null
    this.requestId = facts.requestId ?? null
    this.retryAfterMs = facts.retryAfterMs ?? null
  }
}

export type AgentErrorCode = 'agent-not-found' | 'no-credential' | 'name-taken'
export class AgentError extends AppError<AgentErrorCode> {}
