import { z } from 'zod'
import type { ExecuteOptions, Prompt, RequestedCall, TurnResult, Usage } from '#server/agents/ports'
import { requestedCall } from '#server/agents/wire/calls'
import { estimatePromptTokens, estimateTokens } from '#server/agents/wire/estimate'
import { StreamFailure } from '#server/agents/wire/failure'
import { startOnce, type TurnReader } from '#server/agents/wire/turn'
import { stopOf } from './finish-reason'

const tokens = z.number().int().nonnegative().nullish()
const usageSchema = z.object({
  input_tokens: tokens,
  output_tokens: tokens,
  cache_read_input_tokens: tokens,
  cache_creation_input_tokens: tokens,
})
const index = z.number().int().nonnegative()
const blockSchema = z.looseObject({ type: z.string() })

/** The events of a streamed message that we read; types we do not know are skipped, as the API's contract asks. */
const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message_start'),
    message: z.object({ id: z.string(), model: z.string(), usage: usageSchema.nullish() }),
  }),
  z.object({ type: z.literal('content_block_start'), index, content_block: blockSchema }),
  z.object({ type: z.literal('content_block_delta'), index, delta: z.looseObject({ type: z.string() }) }),
  z.object({ type: z.literal('content_block_stop'), index }),
  z.object({
    type: z.literal('message_delta'),
    delta: z.object({ stop_reason: z.string().nullish() }),
    usage: usageSchema.nullish(),
  }),
  z.object({ type: z.literal('message_stop') }),
])
const known: ReadonlySet<string> = new Set(eventSchema.options.map((option) => option.shape.type.value))

const deltaSchema = z.union([
  z.object({ type: z.literal('text_delta'), text: z.string() }),
  z.object({ type: z.literal('thinking_delta'), thinking: z.string() }),
  z.object({ type: z.literal('signature_delta'), signature: z.string() }),
  z.object({ type: z.literal('input_json_delta'), partial_json: z.string() }),
])
const toolSchema = z.object({ id: z.string().min(1), name: z.string().min(1) })

type Block = z.infer<typeof blockSchema>
interface OpenBlock {
  block: Block
  argumentsText: string
  call: RequestedCall | null
}

/** Puts a message together from its events, blocks untouched, so that it can be sent back byte for byte. */
export class MessageReader implements TurnReader<unknown> {
  private readonly prompt: Prompt
  private readonly onEvent: ExecuteOptions['onEvent']
  private readonly start: (model: string) => void
  private readonly blocks = new Map<number, OpenBlock>()
  private model = ''
  private responseId: string | null = null
  private usage: z.infer<typeof usageSchema> = {}
  private stopReason: string | null = null
  ended = false
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
      case 'message_start':
        this.model = event.message.model
        this.responseId = event.message.id
        this.addUsage(event.message.usage)
        this.start(this.model)
        break
      case 'content_block_start':
        this.open(event.index, event.content_block)
        break
      case 'content_block_delta':
        this.extend(this.at(event.index), event.delta)
        break
      case 'content_block_stop':
        this.closeBlock(this.at(event.index))
        break
      case 'message_delta':
        this.stopReason = event.delta.stop_reason ?? this.stopReason
        this.addUsage(event.usage)
        break
      case 'message_stop':
        this.ended = true
    }
  }

  finish(): Omit<TurnResult, 'requestId' | 'scripted'> {
    if (!this.ended) throw new StreamFailure('stream-cut', 'the message has no end')
    if (this.stopReason === null) throw new StreamFailure('malformed-response', 'the message has no stop reason')
    const stop = stopOf(this.stopReason)
    const ordered = [...this.blocks.entries()].sort(([one], [other]) => one - other).map(([, open]) => open)
    const calls = stop === 'tool_use' ? ordered.flatMap(({ call }) => call ?? []) : []
    if (stop === 'tool_use' && calls.length === 0) {
      throw new StreamFailure('malformed-response', 'the message stops for a tool and calls none')
    }
    // A call that will never be answered (cut off at the token limit) would make the next request invalid.
    const answerable = ordered.filter(({ block }) => stop === 'tool_use' || block.type !== 'tool_use')
    // Thinking that led to nothing is no message of its own.
    const kept = answerable.some(({ block }) => !/thinking$/.test(block.type)) ? answerable : []
    return {
      connector: 'anthropic',
      model: this.model,
      text: kept.map(({ block }) => (block.type === 'text' ? String(block.text ?? '') : '')).join(''),
      calls,
      stop,
      content: kept.map(({ block }) => block),
      usage: this.normalisedUsage(),
      responseId: this.responseId,
    }
  }

  partialUsage() {
    return { input: this.usage.input_tokens ?? null, outputCharacters: this.outputCharacters }
  }

  private at(position: number): OpenBlock {
    const open = this.blocks.get(position)
    if (open === undefined) throw new StreamFailure('malformed-response', `block ${position} was never begun`)
    return open
  }

  private open(position: number, block: Block): void {
    this.blocks.set(position, { block, argumentsText: '', call: null })
    if (block.type !== 'tool_use') return
    const { id, name } = toolSchema.parse(block)
    this.onEvent({ type: 'tool-call', name, callId: id })
  }

  private extend(open: OpenBlock, rawDelta: unknown): void {
    const { block } = open
    const parsed = deltaSchema.safeParse(rawDelta)
    if (!parsed.success) return
    const delta = parsed.data
    if (delta.type === 'text_delta') {
      block.text = `${block.text ?? ''}${delta.text}`
      this.count(delta.text)
      this.onEvent({ type: 'text-delta', text: delta.text })
    } else if (delta.type === 'thinking_delta') {
      block.thinking = `${block.thinking ?? ''}${delta.thinking}`
      this.count(delta.thinking)
      this.onEvent({ type: 'thinking-delta', text: delta.thinking })
    } else if (delta.type === 'signature_delta') {
      block.signature = delta.signature
    } else {
      this.count(delta.partial_json)
      open.argumentsText += delta.partial_json
    }
  }

  private closeBlock(open: OpenBlock): void {
    if (open.block.type !== 'tool_use') return
    const { id, name } = toolSchema.parse(open.block)
    open.call = requestedCall(id, name, open.argumentsText)
    // The API takes only objects back; what the model really wrote is in `malformed` and goes into the tool's answer.
    open.block.input = open.call.malformed === undefined ? open.call.input : {}
  }

  private count(text: string): void {
    this.outputCharacters += text.length
  }

  private addUsage(usage: z.infer<typeof usageSchema> | null | undefined): void {
    for (const [key, value] of Object.entries(usage ?? {})) {
      if (value !== null && value !== undefined) this.usage[key as keyof typeof this.usage] = value
    }
  }

  /** `input_tokens` leaves out what was read from and written to the cache. */
  private normalisedUsage(): Usage {
    const { input_tokens: input, output_tokens: output } = this.usage
    const reported = typeof input === 'number' && typeof output === 'number'
    return {
      input: input ?? estimatePromptTokens(this.prompt),
      cacheRead: this.usage.cache_read_input_tokens ?? 0,
      cacheWrite: this.usage.cache_creation_input_tokens ?? 0,
      output: output ?? estimateTokens(this.outputCharacters),
      estimated: !reported,
    }
  }
}
