import type {
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions'
import { describe, expect, test } from 'vitest'
import { foreignTask, listFiles, rejection, started } from '#server/scripted/testing'

const { name, description, schema: parameters } = listFiles
const ask = (text: string = foreignTask()): ChatCompletionCreateParamsNonStreaming => ({
  model: 'scripted-implementer',
  messages: [
    { role: 'system', content: 'You build.' },
    { role: 'user', content: text },
  ],
  tools: [{ type: 'function', function: { name, description, parameters } }],
  max_tokens: 4_000,
})

describe('the Chat Completions wire', () => {
  test('streams thoughts, text and a call, with usage when asked', async () => {
    const { compatible } = await started()
    const request = { ...ask(), stream: true as const, stream_options: { include_usage: true } }
    let thoughts = ''
    let usage: unknown = null
    // The SDK's own accumulator keeps only the last piece of fields that it does not know, so the pieces are read raw.
    for await (const chunk of await compatible.chat.completions.create(request)) {
      const delta = chunk.choices[0]?.delta as { reasoning_content?: string } | undefined
      thoughts += delta?.reasoning_content ?? ''
      usage = chunk.usage ?? usage
    }
    expect(thoughts).toBe('[scripted] Next by the rules: finish.')
    expect(usage).toMatchObject({ prompt_cache_hit_tokens: 0 })
    const completion = await compatible.chat.completions.stream(request).finalChatCompletion()
    expect(completion.choices[0]?.message.tool_calls).toHaveLength(1)
    expect(completion.choices[0]?.finish_reason).toBe('tool_calls')
    const whole = await compatible.chat.completions.create(ask())
    expect(whole.choices[0]?.message.tool_calls).toHaveLength(1)
    expect(whole._request_id).toMatch(/^req_/)
  })

  test('thoughts that led to a tool call must come back; without thinking they need not', async () => {
    const { compatible } = await started()
    const first = (await compatible.chat.completions.create(ask())).choices[0]?.message as ChatCompletionMessageParam
    const calls = 'tool_calls' in first ? (first.tool_calls ?? []) : []
    const results = calls.map((call) => ({ role: 'tool' as const, tool_call_id: call.id, content: 'ok' }))
    const replay = (message: ChatCompletionMessageParam) => ({
      ...ask(),
      messages: [...ask().messages, message, ...results],
    })
    const second = await compatible.chat.completions.create(replay(first))
    expect(second.choices[0]?.finish_reason).toBe('stop')
    expect(second.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(0)
    const { reasoning_content: _, ...bare } = first as ChatCompletionMessageParam & { reasoning_content?: string }
    const error = await rejection(compatible.chat.completions.create(replay(bare as ChatCompletionMessageParam)))
    expect(error).toMatchObject({ status: 400 })
    expect(error.message).toContain('reasoning_content')
    const unthinking = { ...replay(bare as ChatCompletionMessageParam), thinking: { type: 'disabled' } }
    await expect(compatible.chat.completions.create(unthinking)).resolves.toBeDefined()
  })

  test('gives JSON in JSON mode', async () => {
    const { compatible } = await started()
    const response_format = { type: 'json_object' as const }
    const completion = await compatible.chat.completions.create({ ...ask('Hello, as JSON'), response_format })
    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toEqual({ scripted: true })
  })

  const user = { role: 'user', content: 'a' }
  const caller = {
    role: 'assistant',
    content: null,
    reasoning_content: 'x',
    tool_calls: [{ id: 'call_1', type: 'function', function: { name, arguments: '{}' } }],
  }
  const result = { role: 'tool', tool_call_id: 'call_1', content: 'ok' }
  test.each<[string, object, string]>([
    ['an unknown field', { colour: 'red' }, 'Unrecognized request argument supplied: colour'],
    ['no messages', { messages: [] }, 'messages'],
    ['an unanswered call', { messages: [user, caller, user] }, 'did not have response messages: call_1'],
    ['a call at the end', { messages: [user, caller] }, 'did not have response messages'],
    ['a result of nothing', { messages: [user, result] }, 'must be a response to a preceding message'],
    ['an empty user message', { messages: [{ role: 'user', content: '' }] }, 'must not be empty'],
    [
      'an empty assistant message',
      { messages: [user, { role: 'assistant', content: '' }, user] },
      'content or tool_calls',
    ],
    ['an assistant last', { messages: [user, { role: 'assistant', content: 'b' }] }, 'last message'],
    ['stream_options without stream', { stream_options: { include_usage: true } }, 'stream_options'],
    ['JSON mode without the word', { messages: [user], response_format: { type: 'json_object' } }, "word 'json'"],
  ])('refuses %s with 400', async (_what, change, words) => {
    const { compatible } = await started()
    const request = { ...ask(), ...change } as ChatCompletionCreateParamsNonStreaming
    const error = await rejection(compatible.chat.completions.create(request))
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error' })
    expect(error.message).toContain(words)
  })

  test('an unknown model is 404', async () => {
    const { compatible } = await started()
    const error = await rejection(compatible.chat.completions.create({ ...ask(), model: 'deepseek-flash' }))
    expect(error).toMatchObject({ status: 404 })
  })
})
