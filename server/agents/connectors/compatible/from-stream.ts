import { z } from 'zod'
import type { ExecuteOptions, Prompt, TurnResult, Usage } from '#server/agents/ports'
import { requestedCall } from '#server/agents/wire/calls'
import { estimatePromptTokens, estimateTokens } from '#server/agents/wire/estimate'
import type { Exchange } from '#server/agents/wire/exchange'
import { StreamFailure } from '#server/agents/wire/failure'
import { startOnce, type TurnReader } from '#server/agents/wire/turn'
import { stopOf } from './finish-reason'

const tokens = z.number().int().nonnegative()
/** Cache hits are counted under OpenAI's name by some servers and under DeepSeek's by others. */
const usageSchema = z.object({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  prompt_cache_hit_tokens: tokens.nullish(),
  prompt_tokens_details: z.object({ cached_tokens: tokens.nullish(), cache_write_tokens: tokens.nullish() }).nullish(),
})
const callDeltaSchema = z.object({
  index: z.number().int().nonnegative().nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
})
const chunkSchema = z.object({
  id: z.string().nullish(),
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
            reasoning_content: z.string().nullish(),
            reasoning: z.string().nullish(),
            tool_calls: z.array(callDeltaSchema).nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z.unknown().optional(),
})
type Delta = NonNullable<NonNullable<z.infer<typeof chunkSchema>['choices']>[number]['delta']>

interface OpenCall {
  id: string
  name: string
  argumentsText: string
}

/** The message as it is sent back. `reasoning_content` (DeepSeek, vLLM) and `reasoning` (Ollama) keep their names. */
export interface ChatMessage {
  role: 'assistant'
  content: string | null
  reasoning_content?: string
  reasoning?: string
  tool_calls?: { id: string; type: 'function'; function: { name: string; arguments: string } }[]
}

/** Puts a chat message together from its chunks. */
export class ChatReader implements TurnReader<unknown> {
  /** The marker is the line `data: [DONE]`, at which the SDK itself stops reading. */
  readonly ended = false
  private readonly prompt: Prompt
  private readonly onEvent: ExecuteOptions['onEvent']
  private readonly start: (model: string) => void
  private readonly calls = new Map<number, OpenCall>()
  private readonly askedModel: string
  private model: string | null = null
  private responseId: string | null = null
  private text = ''
  private refusal = ''
  private reasoning: { field: 'reasoning_content' | 'reasoning'; text: string } | null = null
  private finishReason: string | null = null
  private usage: z.infer<typeof usageSchema> | null = null
  private outputCharacters = 0

  constructor(prompt: Prompt, askedModel: string, onEvent: ExecuteOptions['onEvent']) {
    this.prompt = prompt
    this.askedModel = askedModel
    this.onEvent = onEvent
    this.start = startOnce(onEvent)
  }

  take(raw: unknown): void {
    const chunk = chunkSchema.parse(raw)
    this.responseId ??= chunk.id || null
    this.model ??= chunk.model || null
    this.start(this.model ?? this.askedModel)
    const usage = usageSchema.safeParse(chunk.usage)
    if (usage.success) this.usage = usage.data
    const choice = chunk.choices?.[0]
    if (choice?.delta) this.extend(choice.delta)
    if (choice?.finish_reason) this.finishReason = choice.finish_reason
  }

  finish(exchange: Exchange): Omit<TurnResult, 'requestId' | 'scripted'> {
    if (this.finishReason === null || !exchange.sawDone) throw new StreamFailure('stream-cut', 'the answer has no end')
    const filtered = this.refusal !== '' && this.finishReason === 'stop'
    const stop = filtered ? 'refusal' : stopOf(this.finishReason)
    // Calls cut off at the token limit are dropped: nobody will answer them.
    const open = stop === 'tool_use' ? this.namedCalls() : []
    if (stop === 'tool_use' && open.length === 0) {
      throw new StreamFailure('malformed-response', 'the answer stops for a tool and calls none')
    }
    const calls = open.map(({ id, name, argumentsText }) => requestedCall(id, name, argumentsText))
    return {
      connector: 'compatible',
      model: this.model ?? this.askedModel,
      text: this.text === '' ? this.refusal : this.text,
      calls,
      stop,
      content: this.message(
        open,
        calls.map((call) => call.malformed === undefined),
      ),
      usage: this.normalisedUsage(),
      responseId: this.responseId,
    }
  }

  partialUsage() {
    return { input: null, outputCharacters: this.outputCharacters }
  }

  private extend(delta: Delta): void {
    const thought = delta.reasoning_content ?? delta.reasoning
    if (thought) {
      this.reasoning ??= { field: delta.reasoning_content ? 'reasoning_content' : 'reasoning', text: '' }
      this.reasoning.text += thought
      this.outputCharacters += thought.length
      this.onEvent({ type: 'thinking-delta', text: thought })
    }
    const said = delta.content || delta.refusal
    if (said) {
      if (delta.content) this.text += said
      else this.refusal += said
      this.outputCharacters += said.length
      this.onEvent({ type: 'text-delta', text: said })
    }
    for (const [position, call] of (delta.tool_calls ?? []).entries()) this.extendCall(call.index ?? position, call)
  }

  private extendCall(position: number, delta: z.infer<typeof callDeltaSchema>): void {
    const begun = this.calls.get(position)
    const call = begun ?? { id: '', name: '', argumentsText: '' }
    if (begun === undefined) this.calls.set(position, call)
    // Some servers repeat id and name in every chunk, some send no id at all: the answer's own id makes one.
    if (delta.id) call.id = delta.id
    if (call.id === '') call.id = `${this.responseId ?? 'call'}_${position}`
    if (call.name === '' && delta.function?.name) {
      call.name = delta.function.name
      this.onEvent({ type: 'tool-call', name: call.name, callId: call.id })
    }
    const more = delta.function?.arguments ?? ''
    call.argumentsText += more
    this.outputCharacters += more.length
  }

  private namedCalls(): OpenCall[] {
    const ordered = [...this.calls.entries()].sort(([one], [other]) => one - other).map(([, call]) => call)
    if (ordered.some((call) => call.name === '')) {
      throw new StreamFailure('malformed-response', 'a tool call has no name')
    }
    return ordered
  }

  private message(open: OpenCall[], wellFormed: boolean[]): ChatMessage {
    return {
      role: 'assistant',
      content: this.text === '' && open.length > 0 ? null : this.text || this.refusal,
      ...(this.reasoning ? { [this.reasoning.field]: this.reasoning.text } : {}),
      ...(open.length > 0
        ? {
            tool_calls: open.map((call, position) => ({
              id: call.id,
              type: 'function' as const,
              // Local servers parse the arguments of earlier turns and answer 500 when they are not JSON.
              function: { name: call.name, arguments: (wellFormed[position] && call.argumentsText) || '{}' },
            })),
          }
        : {}),
    }
  }

  /** `prompt_tokens` includes the cache; a local server may send no usage at all. */
  private normalisedUsage(): Usage {
    if (this.usage === null) {
      return {
        input: estimatePromptTokens(this.prompt),
        cacheRead: 0,
        cacheWrite: 0,
        output: estimateTokens(this.outputCharacters),
        estimated: true,
      }
    }
    const details = this.usage.prompt_tokens_details
    const cacheRead = this.usage.prompt_cache_hit_tokens ?? details?.cached_tokens ?? 0
    const cacheWrite = details?.cache_write_tokens ?? 0
    const input = Math.max(0, this.usage.prompt_tokens - cacheRead - cacheWrite)
    return { input, cacheRead, cacheWrite, output: this.usage.completion_tokens, estimated: false }
  }
}
