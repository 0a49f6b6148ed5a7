import type { Frame, Refusal, Reply, Step, Wire } from '#server/scripted/model'
import { scriptedModels } from '#server/scripted/model'
import { pieces } from '#server/scripted/rules/pieces'
import { readAnthropic, signatureOf } from '#server/scripted/wires/anthropic-request'
import { reading } from '#server/scripted/wires/check'

type ContentBlock = Record<string, unknown> & { type: string }

/** The Anthropic Messages API as `@anthropic-ai/sdk` 1.12 speaks it. */
export const anthropicWire: Wire = {
  name: 'anthropic',
  requestIdHeader: 'request-id',
  read: (body) => reading(() => readAnthropic(body, 'message')),
  readForCount: (body) => reading(() => readAnthropic(body, 'count')),
  counted: (tokens) => ({ input_tokens: tokens }),
  whole: (reply) => ({
    ...messageShell(reply),
    content: contentOf(reply, false),
    ...ending(reply.step),
    usage: usage(reply),
  }),
  frames,
  models: () => ({
    data: scriptedModels.map(modelInfo),
    has_more: false,
    first_id: scriptedModels[0],
    last_id: scriptedModels.at(-1),
  }),
  error: (refusal, requestId) => ({
    type: 'error',
    error: { type: errorType(refusal), message: refusal.message },
    request_id: requestId,
  }),
  streamError: (_reply, { type, message }) => [
    { event: 'error', data: { type: 'error', error: { type, message }, request_id: null } },
  ],
}

/** https://platform.claude.com/docs/en/api/errors */
const typesByStatus: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
}

function errorType(refusal: Refusal): string {
  return typesByStatus[refusal.status] ?? refusal.type
}

function modelInfo(id: string): unknown {
  return {
    type: 'model',
    id,
    display_name: `${id} (no AI model)`,
    created_at: '2026-11-01T00:00:00Z',
    deprecated_at: null,
    retires_at: null,
    lifecycle: 'active',
    line: null,
    capabilities: null,
    max_input_tokens: 1_000_000,
    max_tokens: 128_000,
  }
}

function messageShell({ hash, reading: { conversation } }: Reply): Record<string, unknown> {
  return {
    id: `msg_${hash.slice(0, 24)}`,
    type: 'message',
    role: 'assistant',
    model: conversation.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
  }
}

function ending(step: Step): Record<string, unknown> {
  const reasons = { tool_use: 'tool_use', end: 'end_turn', max_tokens: 'max_tokens', refusal: 'refusal' } as const
  const details = { type: 'refusal', category: null, explanation: 'The scripted provider was told to refuse.' }
  return {
    stop_reason: reasons[step.stop],
    stop_sequence: null,
    stop_details: step.stop === 'refusal' ? details : null,
    container: null,
  }
}

function usage({ usage: spent }: Reply): Record<string, unknown> {
  return {
    input_tokens: spent.fresh,
    cache_creation_input_tokens: spent.cacheWrite,
    cache_read_input_tokens: spent.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: spent.cacheWrite, ephemeral_1h_input_tokens: 0 },
    output_tokens: spent.output,
    output_tokens_details: { thinking_tokens: spent.thinking },
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: 'standard',
  }
}

/** @param lenient tool input stays text, for the deltas */
function contentOf({ hash, reading: asked, step }: Reply, lenient: boolean): ContentBlock[] {
  const blocks: ContentBlock[] = []
  if (step.thinking !== '' && asked.thinking !== 'none') {
    const thinking = asked.thinking === 'shown' ? step.thinking : ''
    blocks.push({ type: 'thinking', thinking, signature: signatureOf(asked.conversation.model, thinking) })
  }
  if (step.text !== '') blocks.push({ type: 'text', text: step.text, citations: null })
  step.calls.forEach((call, index) => {
    const id = `toolu_${hash.slice(0, 22)}_${index}`
    const input = lenient ? call.arguments : parsedOrEmpty(call.arguments)
    blocks.push({ type: 'tool_use', id, name: call.name, input, caller: { type: 'direct' } })
  })
  return blocks
}

/** A whole answer can't hold half an input: the API gives what it has, an object. */
function parsedOrEmpty(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

function frame(type: string, fields: Record<string, unknown>, marks: Pick<Frame, 'paced' | 'terminal'> = {}): Frame {
  return { event: type, data: { type, ...fields }, ...marks }
}

function frames(reply: Reply): Frame[] {
  const final = usage(reply)
  return [
    frame('message_start', { message: { ...messageShell(reply), usage: { ...final, output_tokens: 1 } } }),
    frame('ping', {}),
    ...contentOf(reply, true).flatMap(blockFrames),
    frame('message_delta', { delta: ending(reply.step), usage: final }, { terminal: true }),
    frame('message_stop', {}, { terminal: true }),
  ]
}

function blockFrames(block: ContentBlock, index: number): Frame[] {
  const { empty, deltas } = partsOf(block)
  return [
    frame('content_block_start', { index, content_block: empty }),
    ...deltas.map((delta) => frame('content_block_delta', { index, delta }, { paced: true })),
    frame('content_block_stop', { index }),
  ]
}

function partsOf(block: ContentBlock): { empty: ContentBlock; deltas: Record<string, unknown>[] } {
  switch (block.type) {
    case 'thinking':
      return {
        empty: { ...block, thinking: '', signature: '' },
        deltas: [
          ...pieces(String(block.thinking)).map((thinking) => ({ type: 'thinking_delta', thinking })),
          { type: 'signature_delta', signature: block.signature },
        ],
      }
    case 'tool_use':
      return {
        empty: { ...block, input: {} },
        deltas: ['', ...pieces(String(block.input))].map((part) => ({ type: 'input_json_delta', partial_json: part })),
      }
    default:
      return {
        empty: { ...block, text: '' },
        deltas: pieces(String(block.text)).map((text) => ({ type: 'text_delta', text })),
      }
  }
}
