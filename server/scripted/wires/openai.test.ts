import { toResponseInputItems } from 'openai/lib/responses/ResponseInputItems'
import type {
  ResponseCreateParams,
  ResponseCreateParamsNonStreaming,
  ResponseInputItem,
} from 'openai/resources/responses/responses'
import { describe, expect, test } from 'vitest'
import { foreignTask, listFiles, rejection, started } from '#server/scripted/testing'

const tool = {
  type: 'function' as const,
  name: listFiles.name,
  description: '',
  parameters: listFiles.schema,
  strict: true,
}
const ask = (text: string = foreignTask()) =>
  ({
    model: 'scripted-implementer',
    input: [{ role: 'user', content: text }],
    instructions: 'You build.',
    tools: [tool],
    store: false,
    include: ['reasoning.encrypted_content'],
    reasoning: { summary: 'auto' },
    max_output_tokens: 4_000,
  }) satisfies ResponseCreateParams

describe('the OpenAI wire', () => {
  test('streams reasoning, a message and a call whose pieces add up to the whole response', async () => {
    const { openai } = await started()
    let deltas = 0
    const stream = openai.responses.stream(ask())
    stream.on('response.function_call_arguments.delta', () => {
      deltas += 1
    })
    const streamed = await stream.finalResponse()
    expect(streamed.status).toBe('completed')
    expect(streamed.output.map((item) => item.type)).toEqual(['reasoning', 'message', 'function_call'])
    expect(deltas).toBeGreaterThan(3)
    const whole = await openai.responses.create(ask())
    expect(whole.output.map((item) => item.type)).toEqual(['reasoning', 'message', 'function_call'])
    expect(whole._request_id).toMatch(/^req_/)
  })

  test('reasoning is replayed encrypted and unchanged, and the cache is read', async () => {
    const { openai } = await started()
    const first = await openai.responses.stream(ask()).finalResponse()
    const outputs = first.output.flatMap((item): ResponseInputItem[] =>
      item.type === 'function_call' ? [{ type: 'function_call_output', call_id: item.call_id, output: 'ok' }] : [],
    )
    const history = toResponseInputItems(first.output)
    const replay = (items: ResponseInputItem[]) => ({
      ...ask(),
      input: [{ role: 'user' as const, content: foreignTask() }, ...items, ...outputs],
    })
    const second = await openai.responses.create(replay(history))
    expect(second.output_text).toContain('[scripted]')
    const details = first.usage?.input_tokens_details
    expect(second.usage?.input_tokens_details.cached_tokens).toBe(
      (details?.cached_tokens ?? 0) + (details?.cache_write_tokens ?? 0),
    )
    const bare = history.map((item) => (item.type === 'reasoning' ? { ...item, encrypted_content: null } : item))
    expect((await rejection(openai.responses.create(replay(bare)))).message).toContain('not found')
    const changed = history.map((item) => (item.type === 'reasoning' ? { ...item, encrypted_content: 'gAAAA' } : item))
    expect((await rejection(openai.responses.create(replay(changed)))).message).toContain('could not be verified')
    const lost = history.filter((item) => item.type !== 'reasoning')
    expect((await rejection(openai.responses.create(replay(lost)))).message).toContain("required 'reasoning' item")
    const silent = { ...replay(history), include: [] }
    expect((await rejection(openai.responses.create(silent))).message).toContain('include')
  })

  test('answers in the schema that was asked for', async () => {
    const { openai } = await started()
    const schema = {
      type: 'object',
      properties: { word: { type: 'string' } },
      required: ['word'],
      additionalProperties: false,
    }
    const format = { type: 'json_schema' as const, name: 'word', schema, strict: true }
    const response = await openai.responses.parse({ ...ask('Hello'), text: { format } })
    expect(response.output_parsed).toEqual({ word: '[scripted]' })
  })

  test('counts tokens and lists models', async () => {
    const { openai } = await started()
    const { input, instructions, tools, model } = ask()
    const counted = await openai.responses.inputTokens.count({ input, instructions, tools, model: String(model) })
    const { usage } = await openai.responses.create(ask())
    expect(counted.input_tokens).toBe(usage?.input_tokens)
    expect((await openai.models.list()).data.map((item) => item.id)).toContain('scripted-analyst')
  })

  test('is incomplete at max_output_tokens', async () => {
    const { openai } = await started()
    const response = await openai.responses.stream({ ...ask(), max_output_tokens: 16 }).finalResponse()
    expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
  })

  const call: ResponseInputItem = { type: 'function_call', call_id: 'call_1', name: 'list_files', arguments: '{}' }
  const output: ResponseInputItem = { type: 'function_call_output', call_id: 'call_1', output: 'ok' }
  const open = { type: 'object', properties: { a: { type: 'string' } }, required: [], additionalProperties: false }
  test.each<[string, object, string]>([
    ['store left out', { store: undefined }, "'store' must be false"],
    ['store: true', { store: true }, "'store' must be false"],
    ['an unknown field', { colour: 'red' }, "Unknown parameter: 'colour'"],
    ['empty input', { input: [] }, 'input'],
    [
      'a call without output',
      { input: [{ role: 'user', content: 'a' }, call] },
      'No tool output found for function call call_1',
    ],
    ['an output without call', { input: [{ role: 'user', content: 'a' }, output] }, 'No tool call found'],
    [
      'two outputs',
      { input: [{ role: 'user', content: 'a' }, call, output, output] },
      'Duplicate function call output',
    ],
    ['a previous response', { previous_response_id: 'resp_1' }, 'not found'],
    ['a lax strict tool', { tools: [{ ...tool, parameters: open }] }, "Missing 'a'"],
    [
      'an open strict tool',
      { tools: [{ ...tool, parameters: { type: 'object', properties: {} } }] },
      'additionalProperties',
    ],
    [
      'a lax schema',
      { text: { format: { type: 'json_schema', name: 'a', schema: open, strict: true } } },
      "Missing 'a'",
    ],
  ])('refuses %s with 400', async (_what, change, words) => {
    const { openai } = await started()
    const error = await rejection(openai.responses.create({ ...ask(), ...change } as ResponseCreateParamsNonStreaming))
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error' })
    expect(error.message).toContain(words)
  })

  test('an unknown model is 404', async () => {
    const { openai } = await started()
    const error = await rejection(openai.responses.create({ ...ask(), model: 'gpt-6.1-sol' }))
    expect(error).toMatchObject({ status: 404, code: 'model_not_found' })
  })
})
