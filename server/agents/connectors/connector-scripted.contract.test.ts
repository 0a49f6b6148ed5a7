import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runTurn } from '#server/agents/bridge'
import type { ConnectorName } from '#server/agents/model'
import type { TranscriptEntry } from '#server/agents/ports'
import { connectorFor } from '#server/agents/registry'
import { type ScriptedProvider, startScriptedProvider } from '#server/scripted/server'
import { type Call, call, entryOf, failureOfCall, promptOf } from './__fixtures__/call'

const paths: [connector: ConnectorName, path: string][] = [
  ['anthropic', '/anthropic'],
  ['openai', '/openai/v1'],
  ['compatible', '/compatible/v1'],
]
const context = { model: 'scripted-implementer', apiKey: 'scripted' }
const twoCalls = {
  kind: 'answer',
  text: 'I look at two files.',
  thinking: 'Which files are there?',
  calls: [
    { name: 'read_file', input: { path: 'a 🙂.txt', lines: 1 } },
    { name: 'read_file', input: { path: 'b.txt', lines: 2 } },
  ],
}

let provider: ScriptedProvider
beforeAll(async () => {
  provider = await startScriptedProvider({ port: 0, control: true, paceMs: 0 })
})
afterAll(() => provider.close())

/** The provider meets the next requests with these faults, in order. */
async function next(...queue: object[]): Promise<void> {
  const response = await fetch(`${provider.url}/__control`, { method: 'POST', body: JSON.stringify({ queue }) })
  expect(response.status, await response.text()).toBe(200)
}

describe.each(paths)('%s against the scripted provider', (connector, path) => {
  let target: Call
  beforeAll(() => {
    target = { connector, baseUrl: provider.url + path, context }
  })

  it('goes through parallel calls and their results, which the provider checks as strictly as a real one', async () => {
    await next(twoCalls)
    const asked: TranscriptEntry = { role: 'user', text: 'begin' }
    const { result, events } = await call({ ...target, prompt: promptOf([asked]) })
    expect(result).toMatchObject({
      connector,
      model: 'scripted-implementer',
      text: 'I look at two files.',
      stop: 'tool_use',
      scripted: true,
    })
    expect(result.calls.map(({ input }) => input)).toEqual(twoCalls.calls.map(({ input }) => input))
    expect(result.usage.estimated).toBe(false)
    expect(result.usage.output).toBeGreaterThan(0)
    expect(result.requestId).not.toBeNull()
    expect(result.responseId).not.toBeNull()
    expect(events.some((event) => event.type === 'thinking-delta')).toBe(true)

    const results = result.calls.map(({ callId, name }, index) => ({
      callId,
      name,
      output: index === 0 ? 'content' : 'no such file',
      isError: index === 1,
    }))
    const transcript: TranscriptEntry[] = [asked, entryOf(result), { role: 'tool', results }]
    await next({ kind: 'answer', text: 'All done.' })
    const after = await call({ ...target, prompt: promptOf([...transcript, { role: 'user', text: 'and now?' }]) })
    expect(after.result).toMatchObject({ text: 'All done.', stop: 'end', calls: [] })
    expect(provider.journal().at(-1)).toMatchObject({ runId: 'run-7', wire: connector, ended: 'complete' })
  })

  it.each(paths)('may carry on a conversation that %s began', async (other, otherPath) => {
    await next(twoCalls, { kind: 'answer', text: 'I take over.' })
    const asked: TranscriptEntry = { role: 'user', text: 'begin' }
    const begun = await call({
      connector: other,
      baseUrl: provider.url + otherPath,
      context,
      prompt: promptOf([asked]),
    })
    const results = begun.result.calls.map(({ callId, name }) => ({ callId, name, output: 'x', isError: false }))
    const transcript: TranscriptEntry[] = [asked, entryOf(begun.result), { role: 'tool', results }]
    expect((await call({ ...target, prompt: promptOf(transcript) })).result.text).toBe('I take over.')
  })

  it('drops a truncated call, keeps a malformed one as it was written, and can go on after both', async () => {
    await next({ kind: 'truncated-tool' })
    const cut = (await call(target)).result
    expect(cut).toMatchObject({ stop: 'max_tokens', calls: [] })
    await next({ kind: 'invalid-tool-json' })
    const transcript: TranscriptEntry[] = [{ role: 'user', text: 'a' }, entryOf(cut), { role: 'user', text: 'go on' }]
    const bad = (await call({ ...target, prompt: promptOf(transcript) })).result
    expect(bad.calls).toMatchObject([{ name: 'write_file', input: null, malformed: expect.stringContaining('no end') }])
    const results = bad.calls.map(({ callId, name }) => ({ callId, name, output: 'not JSON', isError: true }))
    await next({ kind: 'answer', text: 'Better now.' })
    const all: TranscriptEntry[] = [...transcript, entryOf(bad), { role: 'tool', results }]
    expect((await call({ ...target, prompt: promptOf(all) })).result.text).toBe('Better now.')
  })

  it('reports a refusal as a stop', async () => {
    await next({ kind: 'refusal' })
    expect((await call(target)).result).toMatchObject({ stop: 'refusal', calls: [] })
  })

  it('gives a structured answer as it came; checking it is the caller’s', async () => {
    const schema = { type: 'object', properties: { verdict: { type: 'string' } }, required: ['verdict'] }
    await next({ kind: 'answer', text: '{"verdict":"approve"}' })
    const prompt = promptOf('judge', { tools: [], answer: { name: 'review', schema } })
    expect((await call({ ...target, prompt })).result.text).toBe('{"verdict":"approve"}')
  })

  it.each([
    [{ kind: 'status', status: 429, headers: { 'retry-after': '3' } }, 'rate-limited'],
    [{ kind: 'status', status: 529 }, 'overloaded'],
    [{ kind: 'status', status: 402 }, 'payment'],
    [{ kind: 'status', status: 401 }, 'authentication'],
    [{ kind: 'stall', afterEvents: 2 }, 'idle'],
    [{ kind: 'no-terminal' }, 'stream-cut'],
    [{ kind: 'malformed-frame', afterEvents: 2 }, 'malformed-response'],
    [{ kind: 'stream-error', afterEvents: 2 }, 'overloaded'],
    [{ kind: 'failed', afterEvents: 2 }, 'overloaded'],
  ])('%j is %s', async (fault, code) => {
    await next(fault)
    expect((await failureOfCall({ ...target, context: { ...context, idleTimeoutMs: 200 } })).code).toBe(code)
  })

  it('never takes a cut stream for a turn, wherever it is cut', async () => {
    for (const how of ['fin', 'rst']) {
      let afterEvents = 0
      for (; afterEvents < 200; afterEvents += 1) {
        await next({ kind: 'cut', afterEvents, how })
        const outcome = await call(target).catch((error: unknown) => error)
        if (!(outcome instanceof Error)) break
        expect(outcome, `${how} after ${afterEvents}`).toMatchObject({ retryable: true })
        expect(['stream-cut', 'connection']).toContain((outcome as { code?: string }).code)
      }
      expect(afterEvents, 'the whole stream is a turn').toBeGreaterThan(3)
      expect(afterEvents).toBeLessThan(200)
    }
  })

  it('a turn survives what a retry mends', async () => {
    await next({ kind: 'cut', afterEvents: 3 }, { kind: 'status', status: 500 }, { kind: 'answer', text: 'at last' })
    const notices: string[] = []
    const { result, tries } = await runTurn({
      connector: connectorFor(connector),
      prompt: promptOf('hello'),
      context: { ...context, baseUrl: provider.url + path, maxOutputTokens: 1000 },
      signal: new AbortController().signal,
      onEvent: () => {},
      onRetry: ({ failure }) => void notices.push(failure.code),
      sleep: async () => {},
    })
    expect([result.text, tries, notices]).toEqual(['at last', 3, ['stream-cut', 'server']])
  })

  it('lists its models', async () => {
    const { signal } = new AbortController()
    const models = await connectorFor(connector).listModels(
      { apiKey: 'scripted', baseUrl: provider.url + path },
      signal,
    )
    expect(models).toContain('scripted-implementer')
  })
})
