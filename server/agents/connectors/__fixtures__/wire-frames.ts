import type { ConnectorName } from '#server/agents/model'
import type { StopReason } from '#server/agents/ports'

/** A turn in words no wire owns, from which each wire's frames are made. */
interface SpokenTurn {
  thinking?: string
  text?: string
  calls?: { id: string; name: string; argumentsText: string }[]
  stop: StopReason
  refusal?: boolean
  withoutUsage?: boolean
}

export interface WireFrames {
  connector: ConnectorName
  /** What follows the server's root in a base URL. */
  basePath: string
  frames(turn: SpokenTurn): string[]
  /** An error inside a stream that had begun well. */
  errorFrame(type: string, message: string): string
  errorBody(type: string, message: string): unknown
  /** JSON, but not what the wire promises. */
  misshapenFrame: string
  heartbeat: string
}

/** 100 plain input tokens, 20 read from the cache, 30 written to it, 40 put out: every wire reports them its own way. */
export const spokenUsage = { input: 100, cacheRead: 20, cacheWrite: 30, output: 40, estimated: false }

const named = (event: string, data: unknown) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
const plain = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`

function halves(text: string): string[] {
  const middle = Math.ceil(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)]
}

const anthropicStops: Record<StopReason, string> = {
  tool_use: 'tool_use',
  end: 'end_turn',
  max_tokens: 'max_tokens',
  refusal: 'refusal',
  context_exceeded: 'model_context_window_exceeded',
}

const anthropic: WireFrames = {
  connector: 'anthropic',
  basePath: '',
  frames(turn) {
    const blocks: [block: object, deltas: object[]][] = []
    if (turn.thinking) {
      blocks.push([
        { type: 'thinking', thinking: '', signature: '' },
        [
          ...halves(turn.thinking).map((thinking) => ({ type: 'thinking_delta', thinking })),
          { type: 'signature_delta', signature: 'c2lnbmF0dXJl' },
        ],
      ])
    }
    if (turn.text) {
      blocks.push([{ type: 'text', text: '' }, halves(turn.text).map((text) => ({ type: 'text_delta', text }))])
    }
    for (const call of turn.calls ?? []) {
      blocks.push([
        { type: 'tool_use', id: call.id, name: call.name, input: {} },
        halves(call.argumentsText).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
      ])
    }
    const event = (data: { type: string }) => named(data.type, data)
    const usage = { input_tokens: 100, cache_read_input_tokens: 20, cache_creation_input_tokens: 30, output_tokens: 1 }
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'scripted-one', content: [], usage }
    return [
      event({ type: 'message_start', message } as { type: string }),
      event({ type: 'ping' }),
      ...blocks.flatMap(([content_block, deltas], index) => [
        event({ type: 'content_block_start', index, content_block } as { type: string }),
        ...deltas.map((delta) => event({ type: 'content_block_delta', index, delta } as { type: string })),
        event({ type: 'content_block_stop', index } as { type: string }),
      ]),
      event({
        type: 'message_delta',
        delta: { stop_reason: anthropicStops[turn.stop] },
        usage: { output_tokens: 40 },
      } as { type: string }),
      event({ type: 'message_stop' }),
    ]
  },
  errorFrame: (type, message) => named('error', { type: 'error', error: { type, message } }),
  errorBody: (type, message) => ({ type: 'error', error: { type, message } }),
  misshapenFrame: named('message_start', { type: 'message_start', message: 7 }),
  heartbeat: named('ping', { type: 'ping' }),
}

const openai: WireFrames = {
  connector: 'openai',
  basePath: '/v1',
  frames(turn) {
    const output: { type: string; [key: string]: unknown }[] = []
    const deltas: [type: string, parts: string[]][] = []
    if (turn.thinking) {
      const summary = [{ type: 'summary_text', text: turn.thinking }]
      output.push({ type: 'reasoning', id: 'rs_1', summary, encrypted_content: 'ZW5jcnlwdGVk' })
      deltas.push(['response.reasoning_summary_text.delta', halves(turn.thinking)])
    }
    if (turn.text) {
      const part = turn.refusal
        ? { type: 'refusal', refusal: turn.text }
        : { type: 'output_text', text: turn.text, annotations: [] }
      output.push({
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        phase: 'final_answer',
        content: [part],
      })
      deltas.push([turn.refusal ? 'response.refusal.delta' : 'response.output_text.delta', halves(turn.text)])
    }
    for (const call of turn.calls ?? []) {
      const { id, name, argumentsText } = call
      output.push({
        type: 'function_call',
        id: `fc_${id}`,
        call_id: id,
        name,
        arguments: argumentsText,
        status: 'completed',
      })
      deltas.push(['response.function_call_arguments.delta', halves(argumentsText)])
    }
    const cut = turn.stop === 'max_tokens'
    const usage = {
      input_tokens: 150,
      input_tokens_details: { cached_tokens: 20, cache_write_tokens: 30 },
      output_tokens: 40,
      output_tokens_details: { reasoning_tokens: 5 },
      total_tokens: 190,
    }
    const base = { id: 'resp_1', object: 'response', model: 'scripted-one' }
    const end = {
      ...base,
      status: cut ? 'incomplete' : 'completed',
      incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
      output,
      usage: turn.withoutUsage ? null : usage,
      error: null,
    }
    const event = (type: string, data: object) => named(type, { type, sequence_number: 0, ...data })
    return [
      event('response.created', { response: { ...base, status: 'in_progress', output: [] } }),
      ...output.flatMap((item, output_index) => [
        event('response.output_item.added', {
          output_index,
          item: { ...item, arguments: '', content: [], summary: [] },
        }),
        ...(deltas[output_index]?.[1] ?? []).map((delta) =>
          event(deltas[output_index]?.[0] ?? '', { output_index, item_id: item.id, delta }),
        ),
        event('response.output_item.done', { output_index, item }),
      ]),
      event(cut ? 'response.incomplete' : 'response.completed', { response: end }),
    ]
  },
  errorFrame: (type, message) =>
    named('error', { type: 'error', code: type, message, param: null, sequence_number: 9 }),
  errorBody: (type, message) => ({ error: { type, code: type, message, param: null } }),
  misshapenFrame: named('response.completed', { type: 'response.completed', response: 7 }),
  heartbeat: ': keep-alive\n\n',
}

const chatStops: Record<StopReason, string> = {
  tool_use: 'tool_calls',
  end: 'stop',
  max_tokens: 'length',
  refusal: 'content_filter',
  context_exceeded: 'length',
}

const compatible: WireFrames = {
  connector: 'compatible',
  basePath: '/v1',
  frames(turn) {
    const base = { id: 'chat_1', object: 'chat.completion.chunk', model: 'scripted-one' }
    const chunk = (delta: object, finish_reason: string | null = null) =>
      plain({ ...base, choices: [{ index: 0, delta, finish_reason }] })
    const usage = {
      prompt_tokens: 150,
      completion_tokens: 40,
      prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 30 },
    }
    return [
      chunk({ role: 'assistant', content: '' }),
      ...halves(turn.thinking ?? '').map((reasoning_content) => chunk({ reasoning_content })),
      ...halves(turn.text ?? '').map((content) => chunk({ content })),
      ...(turn.calls ?? []).flatMap((call, index) => [
        chunk({ tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] }),
        ...halves(call.argumentsText).map((part) => chunk({ tool_calls: [{ index, function: { arguments: part } }] })),
      ]),
      chunk({}, chatStops[turn.stop]),
      ...(turn.withoutUsage ? [] : [plain({ ...base, choices: [], usage })]),
      'data: [DONE]\n\n',
    ]
  },
  errorFrame: (type, message) => plain({ error: { type, code: type, message } }),
  errorBody: (type, message) => ({ error: { type, code: type, message } }),
  misshapenFrame: plain({ choices: 7 }),
  heartbeat: ': keep-alive\n\n',
}

export const wires: readonly WireFrames[] = [anthropic, openai, compatible]
