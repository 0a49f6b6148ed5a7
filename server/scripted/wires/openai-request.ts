import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Call, CallResult, Conversation, Reading, Turn } from '#server/scripted/model'
import { strictFault } from '#server/scripted/rules/strict-schema'
import { knownModel, parse, RequestRefused, refuse } from '#server/scripted/wires/check'

const ENCRYPTED = 'reasoning.encrypted_content'
const inputText = z.strictObject({ type: z.literal('input_text'), text: z.string() })
const outputText = z.strictObject({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.unknown()).optional(),
  logprobs: z.array(z.unknown()).nullish(),
})
const refusalPart = z.strictObject({ type: z.literal('refusal'), refusal: z.string() })
const status = z.enum(['in_progress', 'completed', 'incomplete']).nullish()
const messageItem = z.strictObject({
  type: z.literal('message').optional(),
  id: z.string().optional(),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([z.string(), z.array(z.discriminatedUnion('type', [inputText, outputText, refusalPart]))]),
  phase: z.enum(['commentary', 'final_answer']).nullish(),
  status,
})
const reasoningItem = z.strictObject({
  type: z.literal('reasoning'),
  id: z.string(),
  summary: z.array(z.strictObject({ type: z.literal('summary_text'), text: z.string() })),
  content: z.array(z.unknown()).optional(),
  encrypted_content: z.string().nullish(),
  status,
})
const callItem = z.strictObject({
  type: z.literal('function_call'),
  id: z.string().regex(/^fc_/, "Expected an ID that begins with 'fc'.").optional(),
  call_id: z.string().min(1).max(64),
  name: z.string().min(1),
  arguments: z.string(),
  namespace: z.string().nullish(),
  async: z.boolean().optional(),
  caller: z.unknown().optional(),
  status,
})
const outputItem = z.strictObject({
  type: z.literal('function_call_output'),
  id: z.string().nullish(),
  call_id: z.string().min(1).max(64),
  output: z.union([z.string(), z.array(inputText)]),
  status,
})
const item = z.union([reasoningItem, callItem, outputItem, messageItem])
const tool = z.strictObject({
  type: z.literal('function'),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullable(),
  strict: z.boolean().nullable(),
})
const textFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
    schema: z.record(z.string(), z.unknown()),
    strict: z.boolean().nullish(),
    description: z.string().optional(),
  }),
])
const request = z.strictObject({
  model: z.string().min(1),
  input: z.union([z.string().min(1), z.array(item).min(1)]),
  instructions: z.string().nullish(),
  tools: z.array(tool).optional(),
  tool_choice: z.union([z.enum(['auto', 'none', 'required']), z.looseObject({ type: z.string() })]).optional(),
  text: z
    .strictObject({ format: textFormat.optional(), verbosity: z.enum(['low', 'medium', 'high']).nullish() })
    .optional(),
  reasoning: z
    .strictObject({
      effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
      context: z.unknown().optional(),
    })
    .nullish(),
  include: z.array(z.string()).nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({}).nullish(),
  max_output_tokens: z.number().int().min(16).nullish(),
  max_tool_calls: z.number().int().nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_options: z.looseObject({}).optional(),
  prompt_cache_retention: z.enum(['in_memory', '24h']).nullish(),
  safety_identifier: z.string().nullish(),
  service_tier: z.string().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  user: z.string().optional(),
})
type Body = z.infer<typeof request>
type Item = z.infer<typeof item>
/** The opaque state of a reasoning item, bound to the model and its summary so that a changed replay is noticed. */
export function encryptedReasoning(model: string, itemId: string, summary: string): string {
  const digest = createHash('sha256').update(`scripted reasoning\n${model}\n${itemId}\n${summary}`).digest('base64url')
  return `gAAAA${digest}`
}

/** Reads and checks a request of the Responses API. @throws RequestRefused */
export function readOpenai(raw: unknown, purpose: 'response' | 'count'): Reading {
  const body = parse(request, raw, (path) => `Unknown parameter: '${path}'.`)
  if (!knownModel(body.model)) {
    const message = `The model '${body.model}' does not exist or you do not have access to it.`
    throw new RequestRefused({
      status: 404,
      type: 'invalid_request_error',
      message,
      param: 'model',
      code: 'model_not_found',
    })
  }
  if (purpose === 'response' && body.store !== false) {
    refuse(
      "Nothing is stored here: 'store' must be false and the whole conversation be sent.",
      'store',
      'unsupported_value',
    )
  }
  if (body.previous_response_id) {
    refuse(
      `Previous response with id '${body.previous_response_id}' not found.`,
      'previous_response_id',
      'previous_response_not_found',
    )
  }
  checkSchemas(body)
  const items: Item[] = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input
  if (purpose === 'response') checkReasoning(items, body)
  checkCalls(items)
  return {
    ok: true,
    conversation: conversationOf(body, items),
    stream: body.stream ?? false,
    caches: true,
    thinking: body.include?.includes(ENCRYPTED) ? (body.reasoning?.summary ? 'shown' : 'hidden') : 'none',
    maxOutputTokens: body.max_output_tokens ?? null,
    body: body as Record<string, unknown>,
  }
}

function checkSchemas(body: Body): void {
  const rules = { allRequired: true, refused: [] }
  body.tools?.forEach((each, index) => {
    const fault = each.strict === false ? null : strictFault(each.parameters ?? {}, rules)
    if (fault !== null) {
      refuse(
        `Invalid schema for function '${each.name}': ${fault}`,
        `tools[${index}].parameters`,
        'invalid_function_parameters',
      )
    }
  })
  const format = body.text?.format
  if (format?.type !== 'json_schema' || format.strict === false) return
  const fault = strictFault(format.schema, rules)
  if (fault !== null) {
    refuse(`Invalid schema for response_format '${format.name}': ${fault}`, 'text.format.schema', 'invalid_json_schema')
  }
}

/** Reasoning comes back with its encrypted content, unchanged, and before the calls that followed from it. */
function checkReasoning(items: readonly Item[], body: Body): void {
  const replayed = items.some((each) => each.type === 'reasoning')
  const asked = body.include?.includes(ENCRYPTED) ?? false
  if (replayed && !asked) {
    refuse(
      `Reasoning items need include=['${ENCRYPTED}'] when 'store' is false.`,
      'include',
      'missing_required_parameter',
    )
  }
  let reasoned = false
  items.forEach((each, index) => {
    if (each.type === 'reasoning') {
      checkReasoningItem(each, index, body.model)
      reasoned = true
    } else if (each.type === 'function_call') {
      if (asked && each.id !== undefined && !reasoned) {
        refuse(`Item '${each.id}' of type 'function_call' was provided without its required 'reasoning' item.`, 'input')
      }
    } else if (each.type === 'function_call_output' || each.role !== 'assistant') {
      reasoned = false
    }
  })
}

function checkReasoningItem(each: z.infer<typeof reasoningItem>, index: number, model: string): void {
  if (!each.encrypted_content) {
    refuse(
      `Item with id '${each.id}' not found. Items are not persisted when \`store\` is set to false.`,
      `input[${index}].id`,
    )
  }
  const summary = each.summary.map((part) => part.text).join('\n')
  if (each.encrypted_content !== encryptedReasoning(model, each.id, summary)) {
    const message = `The encrypted content for item ${each.id} could not be verified.`
    refuse(message, `input[${index}].encrypted_content`, 'invalid_encrypted_content')
  }
}

function checkCalls(items: readonly Item[]): void {
  const open = new Set<string>()
  const known = new Set<string>()
  for (const each of items) {
    if (each.type === 'function_call') {
      if (known.has(each.call_id)) refuse(`Duplicate function call with call_id ${each.call_id}.`, 'input')
      known.add(each.call_id)
      open.add(each.call_id)
    } else if (each.type === 'function_call_output') {
      if (!known.has(each.call_id))
        refuse(`No tool call found for function call output with call_id ${each.call_id}.`, 'input')
      if (!open.delete(each.call_id)) refuse(`Duplicate function call output for call_id ${each.call_id}.`, 'input')
    } else if (each.type !== 'reasoning' && each.role === 'user') {
      refuseOpen(open)
    }
  }
  refuseOpen(open)
}

function refuseOpen(open: ReadonlySet<string>): void {
  const first = [...open][0]
  if (first !== undefined) refuse(`No tool output found for function call ${first}.`, 'input')
}

function plain(content: z.infer<typeof messageItem>['content'] | z.infer<typeof outputItem>['output']): string {
  if (typeof content === 'string') return content
  return content.map((part) => ('text' in part ? part.text : part.refusal)).join('\n')
}

function conversationOf(body: Body, items: readonly Item[]): Conversation {
  const system = [body.instructions ?? '']
  const turns: Turn[] = []
  for (const each of items) {
    if (each.type === 'reasoning') continue
    if (each.type === 'function_call') {
      assistant(turns).calls.push({ id: each.call_id, name: each.name, input: parsed(each.arguments) })
    } else if (each.type === 'function_call_output') {
      results(turns).push({ id: each.call_id, output: plain(each.output), isError: false })
    } else if (each.role === 'assistant') {
      assistant(turns).text += plain(each.content)
    } else if (each.role === 'user') {
      turns.push({ role: 'user', text: plain(each.content) })
    } else {
      system.push(plain(each.content))
    }
  }
  const format = body.text?.format
  return {
    model: body.model,
    system: system.filter(Boolean).join('\n'),
    turns,
    tools: body.tool_choice === 'none' ? [] : (body.tools ?? []).map((each) => each.name),
    answer:
      format?.type === 'json_schema'
        ? { name: format.name, schema: format.schema }
        : format?.type === 'json_object'
          ? { name: 'answer', schema: null }
          : null,
  }
}

/** Calls and words of one answer are separate items on this wire; here they are one turn. */
function assistant(turns: Turn[]): { role: 'assistant'; text: string; calls: Call[] } {
  const last = turns.at(-1)
  if (last?.role === 'assistant') return last
  const turn = { role: 'assistant' as const, text: '', calls: [] }
  turns.push(turn)
  return turn
}

function results(turns: Turn[]): CallResult[] {
  const last = turns.at(-1)
  if (last?.role === 'results') return last.results
  const turn = { role: 'results' as const, results: [] }
  turns.push(turn)
  return turn.results
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
