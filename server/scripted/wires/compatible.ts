import type { Frame, Reply, TokenUsage, Wire } from '#server/scripted/model'
import { FIXED_TIME } from '#server/scripted/model'
import { pieces } from '#server/scripted/rules/pieces'
import { reading } from '#server/scripted/wires/check'
import { readCompatible } from '#server/scripted/wires/compatible-request'
import { openaiError, openaiModels } from '#server/scripted/wires/openai'

type Fields = Record<string, unknown>

/** Chat Completions as DeepSeek speaks it (`reasoning_content`, cache hit and miss) and `openai` 7.57 reads it. */
export const compatibleWire: Wire = {
  name: 'compatible',
  requestIdHeader: 'x-request-id',
  read: (body) => reading(() => readCompatible(body)),
  readForCount: (body) => reading(() => readCompatible(body)),
  counted: (tokens) => ({ input_tokens: tokens }),
  whole,
  frames,
  models: openaiModels,
  error: openaiError,
  streamError: (_reply, { type, message }) => [{ data: { error: { message, type, param: null, code: type } } }],
}

function usage(spent: TokenUsage): Fields {
  const prompt = spent.fresh + spent.cacheRead + spent.cacheWrite
  return {
    prompt_tokens: prompt,
    completion_tokens: spent.output,
    total_tokens: prompt + spent.output,
    prompt_tokens_details: { cached_tokens: spent.cacheRead },
    prompt_cache_hit_tokens: spent.cacheRead,
    prompt_cache_miss_tokens: prompt - spent.cacheRead,
    completion_tokens_details: { reasoning_tokens: spent.thinking },
  }
}

function finishReason({ step }: Reply): string {
  const reasons = { tool_use: 'tool_calls', end: 'stop', max_tokens: 'length', refusal: 'content_filter' } as const
  return reasons[step.stop]
}

function callsOf({ hash, step }: Reply): { id: string; name: string; arguments: string }[] {
  return step.calls.map((call, index) => ({ id: `call_${hash.slice(0, 22)}_${index}`, ...call }))
}

function thinkingOf({ step, reading: asked }: Reply): string | null {
  return asked.thinking === 'none' ? null : step.thinking
}

function whole(reply: Reply): unknown {
  const calls = callsOf(reply).map(({ id, name, arguments: text }) => ({
    id,
    type: 'function',
    function: { name, arguments: text },
  }))
  const thinking = thinkingOf(reply)
  const message = {
    role: 'assistant',
    content: reply.step.text === '' ? null : reply.step.text,
    refusal: null,
    ...(thinking === null ? {} : { reasoning_content: thinking }),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
  return {
    id: `chatcmpl-${reply.hash.slice(0, 32)}`,
    object: 'chat.completion',
    created: FIXED_TIME,
    model: reply.reading.conversation.model,
    system_fingerprint: 'fp_scripted',
    choices: [{ index: 0, message, finish_reason: finishReason(reply), logprobs: null }],
    usage: usage(reply.usage),
  }
}

function frames(reply: Reply): Frame[] {
  const base = {
    id: `chatcmpl-${reply.hash.slice(0, 32)}`,
    object: 'chat.completion.chunk',
    created: FIXED_TIME,
    model: reply.reading.conversation.model,
    system_fingerprint: 'fp_scripted',
  }
  const wantsUsage = (reply.reading.body.stream_options as Fields | undefined)?.include_usage === true
  const chunk = (
    delta: Fields,
    marks: Pick<Frame, 'paced' | 'terminal'> = {},
    finish_reason: string | null = null,
  ): Frame => ({
    data: {
      ...base,
      choices: [{ index: 0, delta, finish_reason, logprobs: null }],
      ...(wantsUsage ? { usage: null } : {}),
    },
    ...marks,
  })
  const paced = { paced: true }
  return [
    { comment: 'keep-alive' },
    chunk({ role: 'assistant', content: '' }),
    ...pieces(thinkingOf(reply) ?? '').map((text) => chunk({ reasoning_content: text }, paced)),
    ...pieces(reply.step.text).map((content) => chunk({ content }, paced)),
    { comment: 'keep-alive' },
    ...callsOf(reply).flatMap(({ id, name, arguments: text }, index) => [
      chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
      ...pieces(text).map((part) => chunk({ tool_calls: [{ index, function: { arguments: part } }] }, paced)),
    ]),
    chunk({}, { terminal: true }, finishReason(reply)),
    ...(wantsUsage ? [{ data: { ...base, choices: [], usage: usage(reply.usage) }, terminal: true }] : []),
    { data: '[DONE]', terminal: true },
  ]
}
