import { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectorNames } from '#server/agents/model'
import type { TranscriptEntry, TurnEvent } from '#server/agents/ports'
import { connectorFor, connectors } from '#server/agents/registry'
import { call, entryOf, failureOfCall, promptOf } from './__fixtures__/call'
import { type FaultServer, failure, startFaultServer, stream } from './__fixtures__/fault-server'
import { spokenUsage, wires } from './__fixtures__/wire-frames'

/** Joined deltas of one kind, as the live log shows them. */
const heard = (events: TurnEvent[], type: 'text-delta' | 'thinking-delta') =>
  events.map((event) => (event.type === type ? event.text : '')).join('')

it('every connector of the model is registered, each under its own name', () => {
  expect(connectors.map(({ name }) => name)).toEqual([...connectorNames])
  for (const connector of connectors) expect(connector.capabilities().length).toBeGreaterThan(0)
})

describe.each(wires)('$connector against recorded frames', ({ connector, basePath, frames }) => {
  let server: FaultServer
  let target: { connector: typeof connector; baseUrl: string }
  beforeAll(async () => {
    server = await startFaultServer()
    target = { connector, baseUrl: server.url + basePath }
  })
  afterAll(() => server.close())

  it('reads thinking and text, live and in the result, with usage and ids', async () => {
    server.answerWith(stream(frames({ thinking: 'Let me see 🙂.', text: 'Hello, wörld.', stop: 'end' })))
    const { result, events } = await call(target)
    expect(result).toMatchObject({
      connector,
      model: 'scripted-one',
      text: 'Hello, wörld.',
      calls: [],
      stop: 'end',
      usage: spokenUsage,
      requestId: 'req_1',
      scripted: false,
    })
    expect(result.responseId).toMatch(/^(msg|resp|chat)_1$/)
    expect(heard(events, 'text-delta')).toBe('Hello, wörld.')
    expect(heard(events, 'thinking-delta')).toBe('Let me see 🙂.')
    expect(events.at(0)).toEqual({ type: 'turn-start', model: 'scripted-one' })
    expect(events.slice(-2)).toEqual([
      { type: 'usage', usage: spokenUsage },
      { type: 'turn-end', stop: 'end' },
    ])
    expect(server.requests.at(-1)?.headers['x-orchestrator-run']).toBe('run-7')
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer secret-key-1')
  })

  it('knows the scripted provider by its header', async () => {
    server.answerWith(stream(frames({ text: 'built', stop: 'end' }), { 'x-scripted': '1' }))
    expect((await call(target)).result.scripted).toBe(true)
  })

  it('reads parallel tool calls, and gives the malformed one back as it was written', async () => {
    const calls = [
      { id: 'call_a', name: 'read_file', argumentsText: '{"path":"a 🙂.txt","lines":1}' },
      { id: 'call_b', name: 'read_file', argumentsText: '{"path":"b' },
      { id: 'call_c', name: 'list_files', argumentsText: '' },
    ]
    server.answerWith(stream(frames({ text: 'I look.', calls, stop: 'tool_use' })))
    const { result, events } = await call(target)
    expect(result.stop).toBe('tool_use')
    expect(result.calls).toEqual([
      { callId: 'call_a', name: 'read_file', input: { path: 'a 🙂.txt', lines: 1 } },
      { callId: 'call_b', name: 'read_file', input: null, malformed: '{"path":"b' },
      { callId: 'call_c', name: 'list_files', input: {} },
    ])
    expect(events.filter((event) => event.type === 'tool-call')).toHaveLength(3)
  })

  it('drops calls cut off at the token limit, from the calls and from what is sent back', async () => {
    const calls = [{ id: 'call_a', name: 'read_file', argumentsText: '{"path":"a' }]
    server.answerWith(stream(frames({ thinking: 'hm', text: 'I', calls, stop: 'max_tokens' })))
    const { result } = await call(target)
    expect(result).toMatchObject({ stop: 'max_tokens', calls: [], text: 'I' })
    expect(JSON.stringify(result.content)).not.toContain('read_file')
  })

  it('sends nothing back of a turn that was cut off before it said anything', async () => {
    const calls = [{ id: 'call_a', name: 'read_file', argumentsText: '{"path":"a' }]
    server.answerWith(stream(frames({ thinking: 'hm', calls, stop: 'max_tokens' })))
    const { result } = await call(target)
    const transcript: TranscriptEntry[] = [
      { role: 'user', text: 'one' },
      entryOf(result),
      { role: 'user', text: 'two' },
    ]
    await call({ ...target, prompt: promptOf(transcript) })
    const sent = JSON.stringify(server.requests.at(-1)?.body)
    expect(sent).toContain('two')
    expect(sent).not.toMatch(/"assistant"|"hm"|rs_1/)
  })

  it('reports a refusal as a stop, not as an answer', async () => {
    server.answerWith(stream(frames({ text: 'I can’t help with that.', stop: 'refusal', refusal: true })))
    expect((await call(target)).result).toMatchObject({ stop: 'refusal', calls: [] })
  })

  it('sends its own turns back untouched, with the results of their calls', async () => {
    const calls = [
      { id: 'call_a', name: 'read_file', argumentsText: '{"path":"a","lines":1}' },
      { id: 'call_b', name: 'read_file', argumentsText: '{"path":"b","lines":2}' },
    ]
    server.answerWith(stream(frames({ thinking: 'first', text: 'I look.', calls, stop: 'tool_use' })))
    const { result } = await call(target)
    server.answerWith(stream(frames({ text: 'done', stop: 'end' })))
    const transcript: TranscriptEntry[] = [
      { role: 'user', text: 'hello' },
      entryOf(structuredClone(result)),
      {
        role: 'tool',
        results: [
          { callId: 'call_a', name: 'read_file', output: 'one', isError: false },
          { callId: 'call_b', name: 'read_file', output: 'no such file', isError: true },
        ],
      },
      { role: 'user', text: 'and now?' },
    ]
    await call({ ...target, prompt: promptOf(transcript) })
    const own = JSON.stringify(result.content)
    const sent = JSON.stringify(server.requests.at(-1)?.body)
    expect(sent).toContain(own.startsWith('[') ? own.slice(1, -1) : own)
  })

  it('sends turns of another connector as their text and calls, without foreign thinking', async () => {
    server.answerWith(stream(frames({ text: 'done', stop: 'end' })))
    const foreign = wires.find((wire) => wire.connector !== connector)?.connector ?? connector
    const transcript: TranscriptEntry[] = [
      { role: 'user', text: 'hello' },
      {
        role: 'assistant',
        connector: foreign,
        model: 'scripted-one',
        content: [{ type: 'thinking', thinking: 'secret thoughts', signature: 'x' }],
        text: 'I look.',
        calls: [{ callId: 'call_a', name: 'read_file', input: { path: 'a', lines: 1 } }],
      },
      { role: 'tool', results: [{ callId: 'call_a', name: 'read_file', output: 'one', isError: false }] },
    ]
    await call({ ...target, prompt: promptOf(transcript) })
    expect(JSON.stringify(server.requests.at(-1)?.body)).not.toContain('secret thoughts')
  })

  it('asks for a structured answer in its wire’s own way', async () => {
    server.answerWith(stream(frames({ text: '{"verdict":"approve"}', stop: 'end' })))
    const schema = { type: 'object', properties: { verdict: { type: 'string', maxLength: 9 } }, required: ['verdict'] }
    const prompt = promptOf('judge', { tools: [], answer: { name: 'review', schema } })
    expect((await call({ ...target, prompt })).result.text).toBe('{"verdict":"approve"}')
    expect(JSON.stringify(server.requests.at(-1)?.body)).toContain('verdict')
  })

  it('lists the models of the server', async () => {
    server.answerWith(failure(200, { object: 'list', data: [{ id: 'two' }, { id: 'one' }], has_more: false }))
    const { signal } = new AbortController()
    expect(await connectorFor(connector).listModels({ apiKey: 'k', baseUrl: target.baseUrl }, signal)).toEqual([
      'one',
      'two',
    ])
    expect(server.requests.at(-1)?.path).toMatch(/^\/v1\/models/)
    server.answerWith(failure(401, {}))
    await expect(
      connectorFor(connector).listModels({ apiKey: 'k', baseUrl: target.baseUrl }, signal),
    ).rejects.toMatchObject({
      code: 'authentication',
    })
  })
})

describe.each(wires)('$connector against an independent fake', ({ connector, basePath }) => {
  const fake = new LLMock({ port: 0 })
  let target: { connector: typeof connector; baseUrl: string }
  beforeAll(async () => {
    const usage = { prompt_tokens: 12, completion_tokens: 5, input_tokens: 12, output_tokens: 5 }
    const named = (path: string) => ({ name: 'read_file', arguments: JSON.stringify({ path, lines: 1 }) })
    fake.onMessage('hello', { content: 'Hi there, 🙂!', reasoning: 'They greet me.', usage })
    fake.onMessage('two files', { toolCalls: [named('a'), named('b')], usage })
    fake.onMessage('judge', { content: '{"verdict":"approve"}', usage })
    fake.onMessage('too much', {
      error: { message: 'slow down', type: 'rate_limit_error' },
      status: 429,
      retryAfter: 7,
    })
    fake.onMessage('broken', { error: { message: 'oops', type: 'server_error' }, status: 500 })
    fake.onMessage('cut off', { content: 'x'.repeat(5000), usage }, { chunkSize: 10, truncateAfterChunks: 5 })
    await fake.start()
    target = { connector, baseUrl: fake.url + basePath }
  })
  afterAll(() => fake.stop())

  it('reads text and thinking with usage', async () => {
    const { result, events } = await call(target)
    expect(result).toMatchObject({ text: 'Hi there, 🙂!', stop: 'end', scripted: false })
    expect(result.usage).toEqual({ input: 12, cacheRead: 0, cacheWrite: 0, output: 5, estimated: false })
    expect(heard(events, 'thinking-delta')).toBe('They greet me.')
    expect(result.requestId).not.toBeNull()
  })

  it('goes through a round of two parallel calls and their results', async () => {
    const asked: TranscriptEntry = { role: 'user', text: 'two files' }
    const { result } = await call({ ...target, prompt: promptOf([asked]) })
    expect(result.calls.map(({ input }) => input)).toEqual([
      { path: 'a', lines: 1 },
      { path: 'b', lines: 1 },
    ])
    const results = result.calls.map(({ callId, name }) => ({ callId, name, output: 'content', isError: false }))
    const transcript: TranscriptEntry[] = [
      asked,
      entryOf(result),
      { role: 'tool', results },
      { role: 'user', text: 'hello' },
    ]
    expect((await call({ ...target, prompt: promptOf(transcript) })).result.text).toBe('Hi there, 🙂!')
  })

  it('reads a structured answer', async () => {
    const schema = { type: 'object', properties: { verdict: { type: 'string' } }, required: ['verdict'] }
    const prompt = promptOf('judge', { tools: [], answer: { name: 'review', schema } })
    expect((await call({ ...target, prompt })).result.text).toBe('{"verdict":"approve"}')
  })

  it('names its errors', async () => {
    const limited = await failureOfCall({ ...target, prompt: promptOf('too much') })
    expect(limited).toMatchObject({ code: 'rate-limited', status: 429, retryAfterMs: 7000, retryable: true })
    const broken = await failureOfCall({ ...target, prompt: promptOf('broken') })
    expect(broken).toMatchObject({ code: 'server', status: 500 })
    const cut = await failureOfCall({ ...target, prompt: promptOf('cut off') })
    // it may break the connection before or after its headers have left
    expect(['stream-cut', 'connection']).toContain(cut.code)
  })
})
