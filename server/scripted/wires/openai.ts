import type { Frame, Refusal, Reply, StepCall, TokenUsage, Wire } from '#server/scripted/model'
import { FIXED_TIME, scriptedModels } from '#server/scripted/model'
import { pieces } from '#server/scripted/rules/pieces'
import { reading } from '#server/scripted/wires/check'
import { encryptedReasoning, readOpenai } from '#server/scripted/wires/openai-request'

type Fields = Record<string, unknown>

/** The OpenAI Responses API as `openai` 7.57 speaks it. */
export const openaiWire: Wire = {
  name: 'openai',
  requestIdHeader: 'x-request-id',
  read: (body) => reading(() => readOpenai(body, 'response')),
  readForCount: (body) => reading(() => readOpenai(body, 'count')),
  counted: (tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }),
  whole: (reply) => finished(reply),
  frames,
  models: openaiModels,
  error: openaiError,
  streamError: (reply, { type, message, after, failed }) => {
    const code = type === 'rate_limit_error' ? 'rate_limit_exceeded' : 'server_error'
    const event: [string, Fields] = failed
      ? ['response.failed', { response: { ...shell(reply), status: 'failed', error: { code, message } } }]
      : ['error', { code: type, message, param: null }]
    return numbered([event], after)
  },
}

export function openaiModels(): unknown {
  const data = scriptedModels.map((id) => ({ id, object: 'model', created: FIXED_TIME, owned_by: 'scripted' }))
  return { object: 'list', data }
}

/** https://platform.openai.com/docs/guides/error-codes */
const errorsByStatus: Readonly<Record<number, { type: string; code: string | null }>> = {
  401: { type: 'invalid_request_error', code: 'invalid_api_key' },
  402: { type: 'unknown_error', code: 'invalid_request_error' },
  403: { type: 'invalid_request_error', code: 'unsupported_country_region_territory' },
  413: { type: 'invalid_request_error', code: 'request_too_large' },
  429: { type: 'requests', code: 'rate_limit_exceeded' },
  500: { type: 'server_error', code: 'server_error' },
  529: { type: 'server_error', code: 'overloaded' },
}

export function openaiError(refusal: Refusal): unknown {
  const known = errorsByStatus[refusal.status]
  return {
    error: {
      message: refusal.message,
      type: known?.type ?? refusal.type,
      param: refusal.param ?? null,
      code: refusal.code ?? known?.code ?? null,
    },
  }
}

function shell({ hash, reading: asked }: Reply): Fields {
  const body = asked.body
  return {
    id: `resp_${hash.slice(0, 40)}`,
    object: 'response',
    created_at: FIXED_TIME,
    status: 'in_progress',
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: null,
    metadata: body.metadata ?? {},
    model: asked.conversation.model,
    output: [],
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: body.reasoning ?? { effort: null, summary: null },
    service_tier: 'default',
    store: false,
    temperature: 1,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: 1,
    truncation: 'disabled',
    usage: null,
  }
}

function usage(spent: TokenUsage): Fields {
  const input = spent.fresh + spent.cacheRead + spent.cacheWrite
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: spent.cacheRead, cache_write_tokens: spent.cacheWrite },
    output_tokens: spent.output,
    output_tokens_details: { reasoning_tokens: spent.thinking },
    total_tokens: input + spent.output,
  }
}

function finished(reply: Reply): Fields {
  const cut = reply.step.stop === 'max_tokens'
  const output = itemsOf(reply).map((item) => item.whole)
  return {
    ...shell(reply),
    status: cut ? 'incomplete' : 'completed',
    completed_at: FIXED_TIME,
    incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
    output,
    usage: usage(reply.usage),
  }
}

interface OutputItem {
  whole: Fields
  /** as announced by `output_item.added` */
  started: Fields
  /** events between the announcement and the end, without the fields every event of the item carries */
  events: [type: string, fields: Fields][]
}

function itemsOf(reply: Reply): OutputItem[] {
  const { step, hash, reading: asked } = reply
  const items: OutputItem[] = []
  if (step.thinking !== '' && asked.thinking !== 'none') items.push(reasoningOf(reply))
  if (step.stop === 'refusal') items.push(refusalOf(`msg_${hash.slice(0, 40)}`, step.text))
  else if (step.text !== '') items.push(messageOf(reply))
  step.calls.forEach((call, index) => {
    const last = index === step.calls.length - 1
    items.push(callOf(hash, call, index, last && step.stop === 'max_tokens' ? 'incomplete' : 'completed'))
  })
  return items
}

function reasoningOf({ step, hash, reading: asked }: Reply): OutputItem {
  const id = `rs_${hash.slice(0, 40)}`
  const text = asked.thinking === 'shown' ? step.thinking : ''
  const whole = {
    id,
    type: 'reasoning',
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
    encrypted_content: encryptedReasoning(asked.conversation.model, id, text),
  }
  const at = { item_id: id, summary_index: 0 }
  const name = 'response.reasoning_summary'
  const events: OutputItem['events'] =
    text === ''
      ? []
      : [
          [`${name}_part.added`, { ...at, part: { type: 'summary_text', text: '' } }],
          ...pieces(text).map((delta): [string, Fields] => [`${name}_text.delta`, { ...at, delta }]),
          [`${name}_text.done`, { ...at, text }],
          [`${name}_part.done`, { ...at, part: { type: 'summary_text', text } }],
        ]
  return { whole, started: { ...whole, summary: [] }, events }
}

function messageOf({ step, hash }: Reply): OutputItem {
  const id = `msg_${hash.slice(0, 40)}`
  const part = (text: string): Fields => ({ type: 'output_text', text, annotations: [], logprobs: [] })
  const whole = {
    id,
    type: 'message',
    role: 'assistant',
    status: step.stop === 'max_tokens' && step.calls.length === 0 ? 'incomplete' : 'completed',
    phase: step.calls.length > 0 ? 'commentary' : 'final_answer',
    content: [part(step.text)],
  }
  const at = { item_id: id, content_index: 0 }
  return {
    whole,
    started: { ...whole, status: 'in_progress', content: [] },
    events: [
      ['response.content_part.added', { ...at, part: part('') }],
      ...pieces(step.text).map((delta): [string, Fields] => [
        'response.output_text.delta',
        { ...at, delta, logprobs: [] },
      ]),
      ['response.output_text.done', { ...at, text: step.text, logprobs: [] }],
      ['response.content_part.done', { ...at, part: part(step.text) }],
    ],
  }
}

function refusalOf(id: string, refusal: string): OutputItem {
  const whole = { id, type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'refusal', refusal }] }
  const at = { item_id: id, content_index: 0 }
  return {
    whole,
    started: { ...whole, status: 'in_progress', content: [] },
    events: [
      ['response.content_part.added', { ...at, part: { type: 'refusal', refusal: '' } }],
      ['response.refusal.delta', { ...at, delta: refusal }],
      ['response.refusal.done', { ...at, refusal }],
      ['response.content_part.done', { ...at, part: { type: 'refusal', refusal } }],
    ],
  }
}

function callOf(hash: string, call: StepCall, index: number, status: 'completed' | 'incomplete'): OutputItem {
  const id = `fc_${hash.slice(0, 38)}_${index}`
  const call_id = `call_${hash.slice(0, 22)}_${index}`
  const whole = { id, type: 'function_call', status, call_id, name: call.name, arguments: call.arguments }
  const name = 'response.function_call_arguments'
  return {
    whole,
    started: { ...whole, status: 'in_progress', arguments: '' },
    events: [
      ...pieces(call.arguments).map((delta): [string, Fields] => [`${name}.delta`, { item_id: id, delta }]),
      [`${name}.done`, { item_id: id, name: call.name, arguments: call.arguments }],
    ],
  }
}

function numbered(events: readonly [type: string, fields: Fields][], first = 0): Frame[] {
  return events.map(([type, fields], index) => ({
    event: type,
    data: { type, sequence_number: first + index, ...fields },
    paced: type.endsWith('.delta'),
    terminal: ['response.completed', 'response.incomplete', 'response.failed'].includes(type),
  }))
}

function frames(reply: Reply): Frame[] {
  const response = shell(reply)
  const final = finished(reply)
  const events: [string, Fields][] = [
    ['response.created', { response }],
    ['response.in_progress', { response }],
    ...itemsOf(reply).flatMap((item, output_index): [string, Fields][] => [
      ['response.output_item.added', { output_index, item: item.started }],
      ...item.events.map(([type, fields]): [string, Fields] => [type, { output_index, ...fields }]),
      ['response.output_item.done', { output_index, item: item.whole }],
    ]),
    [final.status === 'incomplete' ? 'response.incomplete' : 'response.completed', { response: final }],
  ]
  return numbered(events)
}
