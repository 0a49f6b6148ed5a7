import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Call, Conversation, Reading, Turn } from '#server/scripted/model'
import { strictFault } from '#server/scripted/rules/strict-schema'
import { knownModel, parse, RequestRefused, refuse } from '#server/scripted/wires/check'

const cacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() }).nullish()
const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string().min(1, 'text content blocks must be non-empty'),
  cache_control: cacheControl,
  citations: z.null().optional(),
})
const thinkingBlock = z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() })
const redactedBlock = z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() })
const toolUseBlock = z.strictObject({
  type: z.literal('tool_use'),
  id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  name: z.string().min(1).max(200),
  input: z.record(z.string(), z.unknown()),
  cache_control: cacheControl,
  caller: z.strictObject({ type: z.literal('direct') }).optional(),
})
const toolResultBlock = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z.union([z.string(), z.array(textBlock)]).optional(),
  is_error: z.boolean().optional(),
  cache_control: cacheControl,
})
const block = z.discriminatedUnion('type', [textBlock, thinkingBlock, redactedBlock, toolUseBlock, toolResultBlock])
const message = z.strictObject({
  role: z.enum(['user', 'assistant']),
  content: z.union([z.string(), z.array(block)]),
})
const tool = z.strictObject({
  type: z.literal('custom').nullish(),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/, "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"),
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal('object') }),
  strict: z.boolean().optional(),
  cache_control: cacheControl,
  eager_input_streaming: z.boolean().nullish(),
})
const request = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.number({ error: 'Field required' }).int().min(1),
  messages: z.array(message).min(1, 'at least one message is required'),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  tools: z.array(tool).optional(),
  tool_choice: z.looseObject({ type: z.string() }).optional(),
  thinking: z
    .strictObject({
      type: z.enum(['adaptive', 'enabled', 'disabled', 'between_tools']),
      display: z.enum(['summarized', 'omitted', 'updates']).nullish(),
      budget_tokens: z.number().int().optional(),
    })
    .optional(),
  output_config: z
    .strictObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      format: z.strictObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }).nullish(),
    })
    .optional(),
  cache_control: cacheControl,
  metadata: z.strictObject({ user_id: z.string().nullish() }).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  stop_sequences: z.array(z.string()).optional(),
  stream: z.boolean().optional(),
})
const countRequest = request.omit({
  max_tokens: true,
  stream: true,
  metadata: true,
  service_tier: true,
  stop_sequences: true,
})

type Message = z.infer<typeof message>
type Block = z.infer<typeof block>

/** Numbers and lengths can't be enforced; the API refuses schemas that ask for it. */
const refusedKeywords = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
]

/** What signs a thinking block: its words and the model, as the real ones are bound to model and conversation. */
export function signatureOf(model: string, thinking: string): string {
  return createHash('sha256').update(`scripted thinking\n${model}\n${thinking}`).digest('base64')
}

/** Reads and checks a request of the Messages API, version 2026-10-21. @throws RequestRefused */
export function readAnthropic(raw: unknown, purpose: 'message' | 'count'): Reading {
  refuseRetiredFields(raw)
  const unknownField = (path: string): string => `${path}: Extra inputs are not permitted`
  const body = parse(purpose === 'message' ? request : countRequest, raw, unknownField) as z.infer<typeof request>
  if (!knownModel(body.model)) {
    throw new RequestRefused({ status: 404, type: 'not_found_error', message: `model: ${body.model}` })
  }
  const choice = body.tool_choice?.type
  if (choice === 'any' || choice === 'tool') {
    refuse(`tool_choice: '${choice}' is not supported on this model; use 'auto' or 'none'`)
  }
  body.tools?.forEach((item, index) => {
    const fault = item.strict ? strictFault(item.input_schema, { allRequired: false, refused: refusedKeywords }) : null
    if (fault !== null) refuse(`tools.${index}.custom: ${fault}`)
  })
  const schema = body.output_config?.format?.schema
  const fault = schema ? strictFault(schema, { allRequired: false, refused: refusedKeywords }) : null
  if (fault !== null) refuse(`output_config.format.schema: ${fault}`)
  const messages = body.messages.map(blocksOf)
  checkOrder(body.messages)
  checkPairs(messages)
  checkSignatures(messages, body.model)
  const thinking = body.thinking
  return {
    ok: true,
    conversation: conversationOf(body, messages),
    stream: body.stream ?? false,
    caches: JSON.stringify(raw).includes('"cache_control":{'),
    thinking:
      !thinking || thinking.type === 'disabled' ? 'none' : thinking.display === 'summarized' ? 'shown' : 'hidden',
    maxOutputTokens: body.max_tokens ?? null,
    body: body as Record<string, unknown>,
  }
}

function refuseRetiredFields(raw: unknown): void {
  const given = raw !== null && typeof raw === 'object' ? raw : {}
  for (const field of ['temperature', 'top_p', 'top_k']) {
    if (Object.hasOwn(given, field)) refuse(`${field}: not supported since API version 2026-10-21`)
  }
}

interface ReadMessage {
  role: Message['role']
  blocks: Block[]
}

function blocksOf(item: Message, index: number): ReadMessage {
  const blocks = typeof item.content === 'string' ? [{ type: 'text' as const, text: item.content }] : item.content
  if (blocks.length === 0 || (typeof item.content === 'string' && item.content.trim() === '')) {
    refuse(`messages.${index}: ${item.role} messages must have non-empty content`)
  }
  const allowed = item.role === 'user' ? ['text', 'tool_result'] : ['text', 'thinking', 'redacted_thinking', 'tool_use']
  const wrong = blocks.find((part) => !allowed.includes(part.type))
  if (wrong) refuse(`messages.${index}: \`${wrong.type}\` blocks can not be in ${item.role} messages`)
  return { role: item.role, blocks }
}

function checkOrder(messages: readonly Message[]): void {
  if (messages[0]?.role !== 'user') refuse('messages: first message must use the "user" role')
  if (messages.at(-1)?.role !== 'user') {
    refuse('This model does not support assistant message prefill. The conversation must end with a user message.')
  }
  messages.forEach((item, index) => {
    if (item.role === 'assistant' && messages[index + 1]?.role === 'assistant') {
      refuse(`messages.${index + 1}: roles must alternate between "user" and "assistant"`)
    }
  })
}

/** Every tool_use is answered in the very next message, results come first in it, and none answers nothing. */
function checkPairs(messages: readonly ReadMessage[]): void {
  const seen = new Set<string>()
  messages.forEach((item, index) => {
    const asked = new Set<string>()
    for (const part of messages[index - 1]?.blocks ?? []) if (part.type === 'tool_use') asked.add(part.id)
    const answered = new Set<string>()
    let textCame = false
    for (const part of item.blocks) {
      if (part.type === 'tool_use') {
        if (seen.has(part.id)) refuse(`messages.${index}: \`tool_use\` ids must be unique`)
        seen.add(part.id)
      }
      if (part.type === 'text') textCame = true
      if (part.type !== 'tool_result') continue
      const id = part.tool_use_id
      if (!asked.has(id)) {
        refuse(
          `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
        )
      }
      if (answered.has(id))
        refuse(
          `messages.${index}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`,
        )
      if (textCame) refuse(`messages.${index}: \`tool_result\` blocks must come before all other content`)
      answered.add(id)
    }
    const open = [...asked].filter((id) => !answered.has(id))
    if (open.length > 0) {
      refuse(
        `messages.${index - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      )
    }
  })
}

function checkSignatures(messages: readonly ReadMessage[], model: string): void {
  messages.forEach((item, index) => {
    item.blocks.forEach((part, position) => {
      if (part.type === 'thinking' && part.signature !== signatureOf(model, part.thinking)) {
        refuse(`messages.${index}.content.${position}: Invalid \`signature\` in \`thinking\` block`)
      }
      if (part.type === 'redacted_thinking') {
        refuse(`messages.${index}.content.${position}: Invalid \`data\` in \`redacted_thinking\` block`)
      }
    })
  })
}

function plain(content: string | { text: string }[] | undefined): string {
  return typeof content === 'string' ? content : (content ?? []).map((part) => part.text).join('\n')
}

function conversationOf(body: z.infer<typeof request>, messages: readonly ReadMessage[]): Conversation {
  const schema = body.output_config?.format?.schema
  return {
    model: body.model,
    system: plain(body.system),
    turns: messages.flatMap(turnsOf),
    tools: body.tool_choice?.type === 'none' ? [] : (body.tools ?? []).map((item) => item.name),
    answer: schema ? { name: 'answer', schema } : null,
  }
}

function turnsOf({ role, blocks }: ReadMessage): Turn[] {
  const text = blocks.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
  if (role === 'assistant') {
    const calls = blocks.flatMap((part): Call[] =>
      part.type === 'tool_use' ? [{ id: part.id, name: part.name, input: part.input }] : [],
    )
    return [{ role, text, calls }]
  }
  const results = blocks.flatMap((part) =>
    part.type === 'tool_result'
      ? [{ id: part.tool_use_id, output: plain(part.content), isError: part.is_error ?? false }]
      : [],
  )
  return [
    ...(results.length > 0 ? [{ role: 'results' as const, results }] : []),
    ...(text === '' ? [] : [{ role, text }]),
  ]
}
