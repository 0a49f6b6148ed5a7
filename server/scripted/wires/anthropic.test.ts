import type Anthropic from '@anthropic-ai/sdk'
import { describe, expect, test } from 'vitest'
import { foreignTask, listFiles, rejection, started } from '#server/scripted/testing'

const tools: Anthropic.Tool[] = [
  { name: listFiles.name, description: listFiles.description, input_schema: listFiles.schema, strict: true },
]
const ask = (content: string = foreignTask()): Anthropic.MessageCreateParamsNonStreaming => ({
  model: 'scripted-implementer',
  max_tokens: 4_000,
  messages: [{ role: 'user', content }],
  tools,
  thinking: { type: 'adaptive', display: 'summarized' },
  cache_control: { type: 'ephemeral' },
})

describe('the Anthropic wire', () => {
  test('streams thinking, text and a tool call in pieces that add up to the whole answer', async () => {
    const { anthropic } = await started()
    const deltas: string[] = []
    const stream = anthropic.messages.stream(ask())
    stream.on('inputJson', (part) => deltas.push(part))
    const message = await stream.finalMessage()
    expect(message.content.map((part) => part.type)).toEqual(['thinking', 'text', 'tool_use'])
    expect(message.stop_reason).toBe('tool_use')
    expect(deltas.length).toBeGreaterThan(3)
    expect(stream.request_id).toMatch(/^req_/)
    const whole = await anthropic.messages.create(ask())
    expect(whole.content.map((part) => part.type)).toEqual(['thinking', 'text', 'tool_use'])
    expect(whole._request_id).toMatch(/^req_/)
    expect(whole.model).toBe('scripted-implementer')
  })

  test('thinking can be replayed unchanged, and only unchanged', async () => {
    const { anthropic } = await started()
    const first = await anthropic.messages.stream(ask()).finalMessage()
    const results: Anthropic.ToolResultBlockParam[] = first.content.flatMap((part) =>
      part.type === 'tool_use' ? [{ type: 'tool_result', tool_use_id: part.id, content: 'ok' }] : [],
    )
    const replay = (content: Anthropic.ContentBlockParam[]): Anthropic.MessageCreateParamsNonStreaming => ({
      ...ask(),
      messages: [...ask().messages, { role: 'assistant', content }, { role: 'user', content: results }],
    })
    const second = await anthropic.messages.create(replay(first.content))
    expect(second.stop_reason).toBe('end_turn')
    const cached = second.usage.cache_read_input_tokens ?? 0
    expect(cached).toBe((first.usage.cache_creation_input_tokens ?? 0) + (first.usage.cache_read_input_tokens ?? 0))
    const changed = first.content.map((part) => (part.type === 'thinking' ? { ...part, thinking: 'else' } : part))
    expect((await rejection(anthropic.messages.create(replay(changed)))).message).toContain('Invalid `signature`')
    const otherModel = { ...replay(first.content), model: 'scripted-analyst' }
    expect((await rejection(anthropic.messages.create(otherModel))).message).toContain('Invalid `signature`')
  })

  test('thinking keeps its words for itself unless they are asked for', async () => {
    const { anthropic } = await started()
    const hidden = await anthropic.messages.stream({ ...ask(), thinking: { type: 'adaptive' } }).finalMessage()
    expect(hidden.content[0]).toMatchObject({ type: 'thinking', thinking: '' })
    const without = await anthropic.messages.create({ ...ask(), thinking: { type: 'disabled' } })
    expect(without.content[0]?.type).toBe('text')
  })

  test('answers in the schema that was asked for', async () => {
    const { anthropic } = await started()
    const schema = {
      type: 'object',
      properties: { word: { type: 'string' } },
      required: ['word'],
      additionalProperties: false,
    }
    const format = { type: 'json_schema' as const, schema }
    const message = await anthropic.messages.create({ ...ask('Hello'), output_config: { format } })
    const text = message.content.find((part) => part.type === 'text')?.text ?? ''
    expect(JSON.parse(text)).toEqual({ word: '[scripted]' })
  })

  test('counts tokens as the answer does, and lists its models', async () => {
    const { anthropic } = await started()
    const { max_tokens: _, ...countable } = ask()
    const { input_tokens } = await anthropic.messages.countTokens(countable)
    const { usage } = await anthropic.messages.create(ask())
    const caches = (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0)
    expect(usage.input_tokens + caches).toBe(input_tokens)
    const models = await anthropic.models.list()
    expect(models.data.every((model) => model.id.startsWith('scripted-'))).toBe(true)
  })

  test('stops at max_tokens like a model', async () => {
    const { anthropic } = await started()
    const message = await anthropic.messages.stream({ ...ask(), max_tokens: 10 }).finalMessage()
    expect(message.stop_reason).toBe('max_tokens')
    expect(message.content.some((part) => part.type === 'tool_use')).toBe(false)
  })

  const use: Anthropic.ContentBlockParam = { type: 'tool_use', id: 'toolu_1', name: 'list_files', input: {} }
  const result: Anthropic.ContentBlockParam = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'ok' }
  const said = (...messages: Anthropic.MessageParam[]) => ({ messages: [{ role: 'user', content: 'a' }, ...messages] })
  test.each<[string, object, string]>([
    ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
    ['an unknown field', { colour: 'red' }, 'colour: Extra inputs are not permitted'],
    ['temperature', { temperature: 0 }, 'temperature'],
    ['top_p', { top_p: 1 }, 'top_p'],
    ['top_k', { top_k: 1 }, 'top_k'],
    ['a forced tool', { tool_choice: { type: 'tool', name: 'list_files' } }, 'tool_choice'],
    ['any tool', { tool_choice: { type: 'any' } }, 'tool_choice'],
    ['no messages', { messages: [] }, 'at least one message'],
    ['empty content', { messages: [{ role: 'user', content: '' }] }, 'non-empty content'],
    ['an empty text block', { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }, 'non-empty'],
    ['an assistant first', { messages: [{ role: 'assistant', content: 'a' }] }, 'first message'],
    ['an assistant last', said({ role: 'assistant', content: 'b' }), 'prefill'],
    [
      'two assistants',
      said({ role: 'assistant', content: 'b' }, { role: 'assistant', content: 'c' }, { role: 'user', content: 'd' }),
      'alternate',
    ],
    [
      'an unanswered tool_use',
      said({ role: 'assistant', content: [use] }, { role: 'user', content: 'b' }),
      'without `tool_result`',
    ],
    ['a dangling tool_result', said({ role: 'user', content: [result] }), 'unexpected `tool_use_id`'],
    [
      'two results for one call',
      said({ role: 'assistant', content: [use] }, { role: 'user', content: [result, result] }),
      'single result',
    ],
    [
      'text before results',
      said({ role: 'assistant', content: [use] }, { role: 'user', content: [{ type: 'text', text: 'x' }, result] }),
      'come before',
    ],
    ['a tool_use by the user', said({ role: 'user', content: [use] }), 'can not be in user messages'],
    [
      'an open strict tool',
      { tools: [{ name: 'a', strict: true, input_schema: { type: 'object', properties: {} } }] },
      'additionalProperties',
    ],
    ['a bad tool name', { tools: [{ name: 'a b', input_schema: { type: 'object' } }] }, 'should match pattern'],
  ])('refuses %s with 400', async (_what, change, words) => {
    const { anthropic } = await started()
    const error = await rejection(
      anthropic.messages.create({ ...ask(), ...change } as Anthropic.MessageCreateParamsNonStreaming),
    )
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error' })
    expect(error.message).toContain(words)
  })

  test('an unknown model is 404', async () => {
    const { anthropic } = await started()
    const error = await rejection(anthropic.messages.create({ ...ask(), model: 'claude-opus-5-5' }))
    expect(error).toMatchObject({ status: 404, type: 'not_found_error' })
  })
})
