import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { ProviderError } from './errors'
import type { Connector, Prompt, TurnContext, TurnEvent, TurnResult, Usage } from './ports'
import { decideRetry } from './rules/retry'

/** A try that is over, for the journal and the budget. */
export interface FinishedTry {
  /** The first is 1. */
  tryNumber: number
  failure: ProviderError | null
  /** What the try used; null when nothing came back, so that nothing can have been charged. */
  usage: Usage | null
}

/** Told before the wait: everything the log showed of this try is void. */
export interface RetryNotice {
  tryNumber: number
  failure: ProviderError
  /** the failure in words, for the log */
  message: string
  delayMs: number
}

export interface RunTurnOptions {
  connector: Connector
  prompt: Prompt
  context: TurnContext
  signal: AbortSignal
  /** The live log. Events of a try that fails carry its number; `onRetry` (or the throw) says that they are void. */
  onEvent: (event: TurnEvent, tryNumber: number) => void
  onRetry: (notice: RetryNotice) => void | Promise<void>
  /** Reserves the budget and counts the try. What it throws ends the turn as it is. */
  beforeTry?: (tryNumber: number) => void | Promise<void>
  /** Settles the reservation, after every try, failed or not. */
  afterTry?: (tried: FinishedTry) => void | Promise<void>
  random?: () => number
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

/**
 * One turn: the call and its retries. Text of a failed try never becomes an answer, because only a finished turn
 * returns.
 * @throws ProviderError of the last try; `aborted` when the signal ended a wait. When a provider asks for a longer wait
 * than a turn may take, its error carries `retryAfterMs` for the caller to come back then.
 */
export async function runTurn(options: RunTurnOptions): Promise<{ result: TurnResult; tries: number }> {
  const { signal, random = Math.random, sleep = sleepUntilAborted } = options
  for (let tryNumber = 1; ; tryNumber += 1) {
    if (signal.aborted) throw stopped(tryNumber)
    await options.beforeTry?.(tryNumber)
    const outcome = await tryOnce(options, tryNumber)
    await options.afterTry?.({
      tryNumber,
      failure: outcome.failure,
      usage: outcome.usage,
    })
    if (outcome.failure === null) return { result: outcome.result, tries: tryNumber }
    const { failure } = outcome
    const verdict = decideRetry({
      failure: failure.code,
      tryNumber,
      random: random(),
      retryAfterMs: failure.retryAfterMs,
    })
    if (!verdict.retry) throw givenUp(failure, verdict.reason, tryNumber)
    await options.onRetry({ tryNumber, failure, message: failure.message, delayMs: verdict.delayMs })
    await sleep(verdict.delayMs, signal)
  }
}

type Outcome = { failure: null; result: TurnResult; usage: Usage } | { failure: ProviderError; usage: Usage | null }

async function tryOnce(options: RunTurnOptions, tryNumber: number): Promise<Outcome> {
  const { connector, prompt, context, signal } = options
  let usage: Usage | null = null
  const onEvent = (event: TurnEvent) => {
    if (event.type === 'usage') usage = event.usage
    options.onEvent(event, tryNumber)
  }
  try {
    const result = await connector.execute(prompt, context, { signal, onEvent })
    return { failure: null, result, usage: result.usage }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    return { failure: error, usage }
  }
}

/** Waits, and returns early when the signal ends the turn: the loop then throws `aborted`. */
async function sleepUntilAborted(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

/** The last failure, with what was done about it: the message is what people read on the task. */
function givenUp(
  failure: ProviderError,
  reason: 'permanent' | 'exhausted' | 'wait-too-long',
  tries: number,
): ProviderError {
  if (reason === 'permanent') return failure
  const seconds = Math.ceil((failure.retryAfterMs ?? 0) / 1000)
  const outcome =
    reason === 'exhausted'
      ? `The call was tried ${tries} times; the task can be tried again later.`
      : `The provider asks to wait ${seconds} seconds; the task can be tried again after that.`
  return new ProviderError(failure.code, `${failure.message} ${outcome}`, {
    status: failure.status,
    requestId: failure.requestId,
    retryAfterMs: failure.retryAfterMs,
    cause: failure,
  })
}

function stopped(tryNumber: number): ProviderError {
  const message =
    tryNumber === 1 ? 'The call was stopped before it began.' : 'The call was stopped while it waited for its next try.'
  return new ProviderError('aborted', message)
}

/**
 * Names what a turn asks, so that a turn the journal holds is never asked again: the same prompt, model and limit give
 * the same hash in every process. Key, address, run and timeouts are no part of the question; the scripted provider,
 * for one, comes back at another port after a restart.
 */
export function requestHash(prompt: Prompt, context: Pick<TurnContext, 'model' | 'maxOutputTokens'>): string {
  const question = { model: context.model, maxOutputTokens: context.maxOutputTokens, prompt }
  return createHash('sha256').update(stableJson(question)).digest('hex')
}

/** JSON with sorted keys: jsonb gives keys back in its own order. */
export function stableJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stableJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${stableJson(inner)}`)
  return `{${members.join(',')}}`
}
