import { z } from 'zod'
import { ProviderError, type ProviderFailure } from '#server/agents/errors'
import { messageOf } from '#server/kernel/app-error'
import { cleanText } from '#server/kernel/clean-text'
import { createMask } from '#server/platform/crypto/mask'
import { PrivateAddressError } from '#server/platform/http/private-address'
import { maskSecrets } from '#server/platform/logging/redact'
import type { Exchange, Verdict } from './exchange'
import { FrameTooLargeError } from './frame-guard'

/** An error answer as any of the wires shapes it, inside `error` or at the top. */
const bodySchema = z.object({
  type: z.string().nullish(),
  code: z.union([z.string(), z.number()]).nullish(),
  message: z.string().nullish(),
})
/** What the SDKs' error classes have in common. Read by shape: each SDK has its own classes. */
const sdkErrorSchema = z.object({ status: z.number().nullish(), error: z.unknown().optional() })

/** What the provider said went wrong. */
interface Complaint {
  status: number | null
  /** type and code, for matching */
  label: string
  words: string
}

/** Thrown by a connector's stream reader for a failure it recognised itself. */
export class StreamFailure extends Error {
  readonly failure: ProviderFailure

  constructor(failure: ProviderFailure, message: string) {
    super(message)
    this.failure = failure
  }
}

const contextTooLong =
  /context_length_exceeded|prompt is too long|maximum context length|context window|exceeds? the (?:available )?context/i
const noCredit = /insufficient_quota|insufficient balance|credit balance is too low|billing/i
const overloaded = /overloaded|insufficient_system_resource/i

/** Sorts what a provider complained about into the closed list of failures. Providers differ in status and in words. */
export function failureOf({ status, label, words }: Complaint): ProviderFailure {
  const all = `${label} ${words}`
  if (status === 402 || noCredit.test(label) || (status !== null && status < 500 && noCredit.test(words)))
    return 'payment'
  if (status === 413 || ((status === 400 || status === null || status === 422) && contextTooLong.test(all)))
    return 'context-too-long'
  if (status === 401 || /authentication_error|invalid_api_key/.test(label)) return 'authentication'
  if (status === 403 || /permission/.test(label)) return 'permission'
  if (status === 404 || /not_found/.test(label)) return 'model-not-found'
  if (status === 529 || overloaded.test(all)) return 'overloaded'
  if (status === 429 || /rate_limit/.test(label)) return 'rate-limited'
  if (status === 408 || status === 409 || (status !== null && status >= 500)) return 'server'
  if (status === null) return /invalid/.test(label) ? 'invalid-request' : 'server'
  return 'invalid-request'
}

/** What each failure means for people, and what to do where no retry helps; the bridge says how retries went. */
const advice: Record<ProviderFailure, string> = {
  authentication:
    'the key is not accepted. Runs of this agent stop until an admin replaces the key under Settings → Provider keys.',
  permission: 'this key may not use this model. Runs of this agent stop until an admin changes the key or the model.',
  payment: 'there is no credit left. Runs of this agent stop until somebody adds credit at the provider.',
  'rate-limited': 'too many requests for now.',
  overloaded: 'it has more to do than it can.',
  server: 'something failed on its side.',
  'invalid-request':
    'it does not accept this request. Trying again would not help; an admin should check the agent’s model and address.',
  'context-too-long':
    'the conversation no longer fits into the model. The task has to go on with a shorter one, or with another model.',
  'model-not-found':
    'it does not know this model or address. Runs of this agent stop until an admin corrects the agent.',
  connection: 'The provider could not be reached.',
  'stream-cut': 'The provider’s answer broke off before its end. Nothing of it is used.',
  idle: 'The provider stopped sending in the middle of an answer. Nothing of it is used.',
  deadline: 'The provider did not finish its answer in time. Nothing of it is used.',
  'malformed-response': 'The provider’s answer was not what its interface promises. Nothing of it is used.',
  aborted: 'The call was stopped. Nothing of its answer is used.',
}

export interface FailureFacts {
  exchange: Exchange
  apiKey: string
  now: number
}

/** Turns whatever a call threw into the one error the rest of the product knows. */
export function toProviderError(thrown: unknown, { exchange, apiKey, now }: FailureFacts): ProviderError {
  if (thrown instanceof ProviderError) return thrown
  const facts = { status: exchange.status, requestId: exchange.requestId, cause: thrown }
  if (exchange.verdict !== null)
    return new ProviderError(exchange.verdict satisfies Verdict, advice[exchange.verdict], facts)
  const own = ownFailure(thrown)
  if (own !== null) return new ProviderError(own.failure, withoutKey(own.message, apiKey), facts)
  const complaint = complaintOf(thrown, exchange)
  if (complaint !== null) {
    const failure = failureOf(complaint)
    return new ProviderError(failure, inWords(failure, complaint, apiKey), {
      ...facts,
      status: complaint.status,
      retryAfterMs: retryAfterMs(exchange.headers, now),
    })
  }
  if (exchange.status === null) {
    return new ProviderError('connection', `${advice.connection} (${reachability(thrown)})`, facts)
  }
  const failure = chain(thrown).some((error) => error instanceof SyntaxError || error instanceof z.ZodError)
    ? 'malformed-response'
    : 'stream-cut'
  return new ProviderError(failure, advice[failure], facts)
}

function ownFailure(thrown: unknown): { failure: ProviderFailure; message: string } | null {
  for (const error of chain(thrown)) {
    if (error instanceof StreamFailure) {
      return { failure: error.failure, message: `${advice[error.failure]} (${error.message})` }
    }
    if (error instanceof FrameTooLargeError) {
      return { failure: 'malformed-response', message: `${advice['malformed-response']} (${error.message})` }
    }
    if (error instanceof PrivateAddressError) {
      return {
        failure: 'invalid-request',
        message: `The provider was not called: ${error.message}. An admin should correct the agent’s address.`,
      }
    }
  }
  return null
}

/** An HTTP error answer, or an error event inside a stream that had begun well (status null). */
function complaintOf(thrown: unknown, exchange: Exchange): Complaint | null {
  const error = sdkErrorSchema.safeParse(thrown)
  if (!error.success) return null
  const nested = z.object({ error: bodySchema }).safeParse(error.data.error)
  const body = nested.success ? nested.data.error : bodySchema.safeParse(error.data.error).data
  const failedStatus = exchange.status !== null && exchange.status >= 300 ? exchange.status : null
  const status = error.data.status ?? failedStatus
  if (status === null && !body?.message && !body?.type) return null
  return {
    status,
    label: [body?.type, body?.code].filter((part) => part !== null && part !== undefined).join(' '),
    words: body?.message ?? '',
  }
}

/** What a server says may quote the key it was called with, in whatever way it wrote it down. */
function withoutKey(words: string, apiKey: string): string {
  return maskSecrets(createMask([apiKey])(words))
}

function inWords(failure: ProviderFailure, { status, words }: Complaint, apiKey: string): string {
  const what = status === null ? 'The provider broke off its answer' : `The provider answered ${status}`
  // The words of a refusal of the key quote the key.
  const quotable =
    failure === 'authentication' ? '' : withoutKey(cleanText(words), apiKey).replaceAll(/\s+/g, ' ').trim()
  const quote =
    quotable === '' ? '' : ` Its words: “${quotable.length > 300 ? `${quotable.slice(0, 300)}…` : quotable}”`
  return `${what}: ${advice[failure]}${quote}`
}

/**
 * RFC 9110 Retry-After in seconds or as a date; `retry-after-ms` is what some providers send beside it. A date is of the
 * provider's clock, and so is the answer's own: their difference does not depend on ours.
 */
export function retryAfterMs(headers: Headers | null, now: number): number | null {
  const exact = Number.parseFloat(headers?.get('retry-after-ms') ?? '')
  if (Number.isFinite(exact)) return Math.max(0, exact)
  const value = headers?.get('retry-after')
  if (value === null || value === undefined) return null
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(value)
  const sent = Date.parse(headers?.get('date') ?? '')
  return Number.isNaN(date) ? null : Math.max(0, date - (Number.isNaN(sent) ? now : sent))
}

/** The innermost reason has the code people can search for: ECONNREFUSED, ENOTFOUND, CERT_HAS_EXPIRED. */
function reachability(thrown: unknown): string {
  const innermost = chain(thrown).at(-1)
  const code = z.object({ code: z.string() }).safeParse(innermost)
  return code.success ? code.data.code : messageOf(innermost)
}

function chain(thrown: unknown): unknown[] {
  const errors = [thrown]
  for (
    let error = thrown;
    error instanceof Error && error.cause !== undefined && errors.length < 8;
    error = error.cause
  ) {
    errors.push(error.cause)
  }
  return errors
}
