import { z } from 'zod'
import type { Conversation, Reading, Turn } from '#server/scripted/model'
import { knownModel, parse, RequestRefused, refuse } from '#server/scripted/wires/check'

const textPart = z.strictObject({ type: z.literal('text'), text: z.string() })
const content = z.union([z.string(), z.array(textPart)])
const toolCall = z.strictObject({
  id: z.string().min(1),
  type: z.literal('function'),
  index: z.number().optional(),
  function: z.strictObject({ name: z.string().min(1), arguments: z.string() }),
})
const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content, name: z.string().optional() }),
  z.strictObject({ role: z.literal('developer'), content, name: z.string().optional() }),
  z.strictObject({ role: z.literal('user'), content, name: z.string().optional() }),
  z.strictObject({
    role: z.literal('assistant'),
    content: content.nullish(),
    name: z.string().optional(),
    reasoning_content: z.string().nullish(),
    refusal: z.string().nullish(),
    annotations: z.array(z.unknown()).nullish(),
    audio: z.null().optional(),
    function_call: z.null().optional(),
    tool_calls: z.array(toolCall).min(1).nullish(),
  }),
  z.strictObject({ role: z.literal('tool'), tool_call_id: z.string(), content, name: z.string().optional() }),
])
const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: z.string(),
      schema: z.record(z.string(), z.unknown()).optional(),
      strict: z.boolean().nullish(),
      description: z.string().optional(),
    }),
  }),
])
const request = z.strictObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  tools: z
    .array(
      z.strictObject({
        type: z.literal('function'),
        function: z.strictObject({
          name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
          description: z.string().optional(),
          parameters: z.record(z.string(), z.unknown()).optional(),
          strict: z.boolean().nullish(),
        }),
      }),
    )
    .optional(),
  tool_choice: z.union([z.enum(['auto', 'none', 'required']), z.looseObject({ type: z.string() })]).optional(),
  response_format: responseFormat.optional(),
  thinking: z.strictObject({ type: z.enum(['enabled', 'disabled']) }).nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .nullish(),
  max_tokens: z.number().int().min(1).nullish(),
  max_completion_tokens: z.number().int().min(1).nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  frequency_penalty: z.number().nullish(),
  presence_penalty: z.number().nullish(),
  parallel_tool_calls: z.boolean().optional(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  seed: z.number().int().nullish(),
  n: z.literal(1).nullish(),
  user: z.string().optional(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().nullish(),
})
type Body = z.infer<typeof request>
type Message = z.infer<typeof message>

/** Reads and checks a Chat Completions request by the rules of DeepSeek's API. @throws RequestRefused */
export function readCompatible(raw: unknown): Reading {
  const body = parse(request, raw, (path) => `Unrecognized request argument supplied: ${path}`)
  if (!knownModel(body.model)) {
    const message = `The model '${body.model}' does not exist`
    throw new RequestRefused({
      status: 404,
      type: 'invalid_request_error',
      message,
      param: 'model',
      code: 'model_not_found',
    })
  }
  if (body.stream_options && !body.stream) refuse('stream_options should be set along with stream = true')
  const thinks = body.thinking?.type !== 'disabled'
  checkMessages(body, thinks)
  return {
    ok: true,
    conversation: conversationOf(body),
    stream: body.stream ?? false,
    caches: true,
    thinking: thinks ? 'shown' : 'none',
    maxOutputTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
    body: body as Record<string, unknown>,
  }
}

function checkMessages(body: Body, thinks: boolean): void {
  const open = new Set<string>()
  body.messages.forEach((each, index) => {
    if (each.role === 'tool') {
      if (!open.delete(each.tool_call_id)) {
        refuse(
          `Messages with role 'tool' must be a response to a preceding message with 'tool_calls' (messages[${index}])`,
        )
      }
      return
    }
    refuseOpen(open)
    if (each.role === 'user' && plain(each.content) === '') refuse(`messages[${index}]: content must not be empty`)
    if (each.role === 'assistant') checkAssistant(each, index, thinks)
    if (each.role === 'assistant') for (const call of each.tool_calls ?? []) open.add(call.id)
  })
  refuseOpen(open)
  const last = body.messages.at(-1)?.role
  if (last !== 'user' && last !== 'tool') refuse('The last message must be of role user or tool')
  if (body.response_format?.type === 'json_object' && !/json/i.test(JSON.stringify(body.messages))) {
    refuse("Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.")
  }
}

/** https://api-docs.deepseek.com/guides/thinking_mode: thoughts that led to tool calls must come back with them. */
function checkAssistant(each: Extract<Message, { role: 'assistant' }>, index: number, thinks: boolean): void {
  const calls = each.tool_calls ?? []
  if (calls.length === 0 && plain(each.content ?? '') === '') {
    refuse(`Invalid assistant message: content or tool_calls must be set (messages[${index}])`)
  }
  if (thinks && calls.length > 0 && typeof each.reasoning_content !== 'string') {
    refuse(
      `Missing \`reasoning_content\` field in the assistant message at message index ${index}. In thinking mode it must be passed back with the tool calls.`,
    )
  }
}

function refuseOpen(open: ReadonlySet<string>): void {
  if (open.size === 0) return
  refuse(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
  )
}

function plain(value: z.infer<typeof content>): string {
  return typeof value === 'string' ? value : value.map((part) => part.text).join('\n')
}

function conversationOf(body: Body): Conversation {
  const system = body.messages.flatMap((each) =>
    each.role === 'system' || each.role === 'developer' ? [plain(each.content)] : [],
  )
  const turns: Turn[] = []
  for (const each of body.messages) {
    if (each.role === 'user') turns.push({ role: 'user', text: plain(each.content) })
    if (each.role === 'assistant') {
      const calls = (each.tool_calls ?? []).map((call) => ({
        id: call.id,
        name: call.function.name,
        input: parsed(call.function.arguments),
      }))
      turns.push({ role: 'assistant', text: plain(each.content ?? ''), calls })
    }
    if (each.role === 'tool') {
      const last = turns.at(-1)
      const result = { id: each.tool_call_id, output: plain(each.content), isError: false }
      if (last?.role === 'results') last.results.push(result)
      else turns.push({ role: 'results', results: [result] })
    }
  }
  const format = body.response_format
  return {
    model: body.model,
    system: system.join('\n'),
    turns,
    tools: body.tool_choice === 'none' ? [] : (body.tools ?? []).map((each) => each.function.name),
    answer:
      format?.type === 'json_schema'
        ? { name: format.json_schema.name, schema: format.json_schema.schema ?? null }
        : format?.type === 'json_object'
          ? { name: 'answer', schema: null }
          : null,
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
