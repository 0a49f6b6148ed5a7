import { z } from 'zod'
import type { ExecuteOptions, Prompt, TurnResult, Usage } from '#server/agents/ports'
import { requestedCall } from '#server/agents/wire/calls'
import { estimatePromptTokens, estimateTokens } from '#server/agents/wire/estimate'
import { failureOf, StreamFailure } from '#server/agents/wire/failure'
import { startOnce, type TurnReader } from '#server/agents/wire/turn'
import { stopOf } from './finish-reason'

const tokens = z.number().int().nonnegative()
const usageSchema = z.object({
  input_tokens: tokens,
  output_tokens: tokens,
  input_tokens_details: z.object({ cached_tokens: tokens.nullish(), cache_write_tokens: tokens.nullish() }).nullish(),
})
const itemSchema = z.looseObject({ type: z.string() })
const responseSchema = z.object({
  id: z.string(),
  model: z.string(),
  status: z.string(),
  output: z.array(itemSchema),
  usage: usageSchema.nullish(),
  incomplete_details: z.object({ reason: z.string().nullish() }).nullish(),
  error: z.object({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
})
type ResponseObject = z.infer<typeof responseSchema>
type Item = z.infer<typeof itemSchema>

/** The events we read; the others repeat what these bring. */
const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('response.created'), response: z.object({ model: z.string() }) }),
  z.object({ type: z.literal('response.output_item.added'), item: itemSchema }),
  z.object({ type: z.literal('response.output_item.done'), output_index: z.number().int(), item: itemSchema }),
  z.object({ type: z.literal('response.output_text.delta'), delta: z.string() }),
  z.object({ type: z.literal('response.refusal.delta'), delta: z.string() }),
  z.object({ type: z.literal('response.reasoning_summary_text.delta'), delta: z.string() }),
  z.object({ type: z.literal('response.reasoning_text.delta'), delta: z.string() }),
  z.object({ type: z.literal('response.function_call_arguments.delta'), delta: z.string() }),
  z.object({ type: z.literal('response.completed'), response: responseSchema }),
  z.object({ type: z.literal('response.incomplete'), response: responseSchema }),
  z.object({ type: z.literal('response.failed'), response: responseSchema }),
])
const known: ReadonlySet<string> = new Set(eventSchema.options.map((option) => option.shape.type.value))

const callSchema = z.object({ call_id: z.string().min(1), name: z.string().min(1), arguments: z.string() })
const messageSchema = z.object({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() })),
})

/** Reads a streamed response. Its items are kept as they came: the next request sends them all back in order. */
export class ResponseReader implements TurnReader<unknown> {
  private readonly prompt: Prompt
  private readonly onEvent: ExecuteOptions['onEvent']
  private readonly start: (model: string) => void
  private readonly doneItems = new Map<number, Item>()
  private end: ResponseObject | null = null
  private outputCharacters = 0

  constructor(prompt: Prompt, onEvent: ExecuteOptions['onEvent']) {
    this.prompt = prompt
    this.onEvent = onEvent
    this.start = startOnce(onEvent)
  }

  take(raw: unknown): void {
    const { type } = z.object({ type: z.string() }).parse(raw)
    if (!known.has(type)) return
    const event = eventSchema.parse(raw)
    switch (event.type) {
      case 'response.created':
        this.start(event.response.model)
        break
      case 'response.output_item.added':
        this.announce(event.item)
        break
      case 'response.output_item.done':
        this.doneItems.set(event.output_index, event.item)
        break
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        this.outputCharacters += event.delta.length
        this.onEvent({ type: 'text-delta', text: event.delta })
        break
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        this.outputCharacters += event.delta.length
        this.onEvent({ type: 'thinking-delta', text: event.delta })
        break
      case 'response.function_call_arguments.delta':
        this.outputCharacters += event.delta.length
        break
      default:
        this.end = event.response
    }
  }

  get ended(): boolean {
    return this.end !== null
  }

  finish(): Omit<TurnResult, 'requestId' | 'scripted'> {
    if (this.end === null) throw new StreamFailure('stream-cut', 'the response has no end')
    const { end } = this
    if (end.status === 'failed') throw failed(end)
    const items = this.items(end)
    const calls = items.flatMap((item) => {
      if (item.type !== 'function_call') return []
      const call = callSchema.parse(item)
      return [requestedCall(call.call_id, call.name, call.arguments)]
    })
    const parts = items.flatMap((item) => (item.type === 'message' ? messageSchema.parse(item).content : []))
    const refused = parts.some((part) => part.type === 'refusal')
    const incompleteReason = end.incomplete_details?.reason ?? null
    const stop = stopOf({ status: end.status, incompleteReason, hasCalls: calls.length > 0, refused })
    return {
      connector: 'openai',
      model: end.model,
      text: parts.map((part) => part.text ?? part.refusal ?? '').join(''),
      calls: stop === 'tool_use' ? calls : [],
      stop,
      content: stop === 'tool_use' ? items : withoutOpenEnds(items),
      usage: this.normalisedUsage(end),
      responseId: end.id,
    }
  }

  partialUsage() {
    return { input: null, outputCharacters: this.outputCharacters }
  }

  private announce(item: Item): void {
    const call = z.object({ call_id: z.string(), name: z.string() }).safeParse(item)
    if (item.type === 'function_call' && call.success) {
      this.onEvent({ type: 'tool-call', name: call.data.name, callId: call.data.call_id })
    }
  }

  /** Some servers leave `output` empty in the last event and rely on the item events. */
  private items(end: ResponseObject): Item[] {
    if (end.output.length > 0) return end.output
    return [...this.doneItems.entries()].sort(([one], [other]) => one - other).map(([, item]) => item)
  }

  /** `input_tokens` includes what was read from and written to the cache. */
  private normalisedUsage({ usage }: ResponseObject): Usage {
    if (!usage) {
      return {
        input: estimatePromptTokens(this.prompt),
        cacheRead: 0,
        cacheWrite: 0,
        output: estimateTokens(this.outputCharacters),
        estimated: true,
      }
    }
    const cacheRead = usage.input_tokens_details?.cached_tokens ?? 0
    const cacheWrite = usage.input_tokens_details?.cache_write_tokens ?? 0
    const input = Math.max(0, usage.input_tokens - cacheRead - cacheWrite)
    return { input, cacheRead, cacheWrite, output: usage.output_tokens, estimated: false }
  }
}

function failed({ error }: ResponseObject): StreamFailure {
  const label = error?.code ?? ''
  const words = error?.message ?? 'the response failed without a reason'
  return new StreamFailure(failureOf({ status: null, label, words }), words)
}

/**
 * Drops calls that will never be answered (cut off at the token limit) and the reasoning that led to nothing: the API
 * refuses a conversation with either.
 */
function withoutOpenEnds(items: Item[]): Item[] {
  const kept = items.filter((item) => item.type !== 'function_call')
  while (kept.at(-1)?.type === 'reasoning') kept.pop()
  return kept
}
