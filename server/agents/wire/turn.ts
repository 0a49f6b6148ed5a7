import type { ExecuteOptions, Prompt, TurnContext, TurnEvent, TurnResult, Usage } from '#server/agents/ports'
import type { DialPolicy } from '#server/agents/wire/dial'
import { cleanText } from '#server/kernel/clean-text'
import { estimatePromptTokens, estimateTokens } from './estimate'
import { Exchange } from './exchange'
import { StreamFailure, toProviderError } from './failure'

/** What a connector's stream reader makes of a provider's events. */
export interface TurnReader<Event> {
  take(event: Event): void
  /** True once the terminal marker came. */
  readonly ended: boolean
  /** @throws StreamFailure `stream-cut` when the terminal marker did not come */
  finish(exchange: Exchange): Omit<TurnResult, 'requestId' | 'scripted'>
  /** What is known of the usage when the call broke off. */
  partialUsage(): { input: number | null; outputCharacters: number }
}

export interface TurnWire<Event> {
  prompt: Prompt
  context: TurnContext
  options: ExecuteOptions
  policy: DialPolicy
  open(exchange: Exchange): Promise<AsyncIterable<Event>>
  reader: TurnReader<Event>
}

/**
 * Makes one call and reads its stream to the end.
 * @throws ProviderError for everything that is not a finished turn
 */
export async function readTurn<Event>(wire: TurnWire<Event>): Promise<TurnResult> {
  const { options, context, reader } = wire
  const exchange = new Exchange(context, options, wire.policy)
  try {
    if (exchange.verdict !== null) throw new StreamFailure('aborted', 'stopped before the call')
    const events = await wire.open(exchange)
    for await (const event of events) {
      reader.take(event)
      // What happens to the connection after the terminal marker does not undo the turn.
      if (reader.ended) break
    }
    // The SDKs end their iteration quietly when they are aborted.
    if (exchange.verdict !== null) throw new StreamFailure(exchange.verdict, 'stopped')
    const result = { ...reader.finish(exchange), requestId: exchange.requestId, scripted: exchange.scripted }
    options.onEvent({ type: 'usage', usage: result.usage })
    options.onEvent({ type: 'turn-end', stop: result.stop })
    return result
  } catch (thrown) {
    const error = toProviderError(thrown, { exchange, apiKey: context.apiKey, now: Date.now() })
    if (exchange.bodyBytes > 0) options.onEvent({ type: 'usage', usage: partial(wire) })
    throw error
  } finally {
    exchange.close()
  }
}

/** A call that broke off is paid for all the same; nobody tells us how much, so we count. */
function partial<Event>({ prompt, reader }: TurnWire<Event>): Usage {
  const known = reader.partialUsage()
  return {
    input: known.input ?? estimatePromptTokens(prompt),
    cacheRead: 0,
    cacheWrite: 0,
    output: estimateTokens(known.outputCharacters),
    estimated: true,
  }
}

/** Emits `turn-start` once, whatever event brings the model's name first. */
export function startOnce(onEvent: (event: TurnEvent) => void): (model: string) => void {
  let started = false
  return (model) => {
    if (!started) onEvent({ type: 'turn-start', model })
    started = true
  }
}

/** The SDKs' own timeout must never be the first to end a call: it could not say why. */
export function sdkTimeout(exchange: Exchange): number {
  return Math.min(exchange.totalMs + 5_000, 2 ** 31 - 1)
}

const LIST_TIMEOUT_MS = 15_000
const MOST_MODELS = 1_000

/**
 * Ids of the models a server lists, sorted.
 * @throws ProviderError
 */
export async function listedModels(
  context: Pick<TurnContext, 'apiKey'>,
  signal: AbortSignal,
  policy: DialPolicy,
  list: (exchange: Exchange) => PromiseLike<AsyncIterable<{ id: string }>>,
): Promise<string[]> {
  const exchange = new Exchange({ idleTimeoutMs: LIST_TIMEOUT_MS, totalTimeoutMs: LIST_TIMEOUT_MS }, { signal }, policy)
  try {
    const ids: string[] = []
    for await (const { id } of await list(exchange)) {
      ids.push(cleanText(String(id)))
      if (ids.length >= MOST_MODELS) break
    }
    return ids.sort()
  } catch (thrown) {
    throw toProviderError(thrown, { exchange, apiKey: context.apiKey, now: Date.now() })
  } finally {
    exchange.close()
  }
}

/** Names the run to whoever reads the provider's or a gateway's log. */
export function runHeaders(context: TurnContext): Record<string, string> {
  return context.runId ? { 'x-orchestrator-run': context.runId } : {}
}
