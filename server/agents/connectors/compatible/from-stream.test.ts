import { describe, expect, it } from 'vitest'
import type { TurnEvent } from '#server/agents/ports'
import type { Exchange } from '#server/agents/wire/exchange'
import { promptOf } from '../__fixtures__/call'
import { ChatReader } from './from-stream'

/** Reads chunks as a server sent them; only the end marker of the exchange matters here. */
function read(chunks: object[], sawDone = true) {
  const events: TurnEvent[] = []
  const reader = new ChatReader(promptOf('hello'), 'asked-model', (event) => events.push(event))
  for (const chunk of chunks) reader.take(chunk)
  return { ...reader.finish({ sawDone } as Exchange), events }
}

const chunk = (delta: object, finish_reason: string | null = null) => ({ choices: [{ delta, finish_reason }] })

describe('servers that are only nearly compatible', () => {
  it('counts for a server that reports no usage', () => {
    const { usage, model, responseId } = read([chunk({ content: 'A fairly long answer.' }), chunk({}, 'stop')])
    expect(usage).toMatchObject({ estimated: true, output: 6 })
    expect(usage.input).toBeGreaterThan(10)
    expect([model, responseId]).toEqual(['asked-model', null])
  })

  it('takes usage in the last chunk with choices, or null before the end', () => {
    const last = { ...chunk({}, 'stop'), usage: { prompt_tokens: 9, completion_tokens: 2 } }
    const { usage } = read([{ ...chunk({ content: 'hi' }), usage: null }, last])
    expect(usage).toEqual({ input: 9, cacheRead: 0, cacheWrite: 0, output: 2, estimated: false })
  })

  it('reads the cache as DeepSeek counts it', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 5,
      prompt_cache_hit_tokens: 64,
      prompt_cache_miss_tokens: 36,
    }
    const result = read([chunk({ content: 'hi' }, 'stop'), { choices: [], usage }])
    expect(result.usage).toEqual({ input: 36, cacheRead: 64, cacheWrite: 0, output: 5, estimated: false })
  })

  it('keeps thinking under the name the server gave it', () => {
    const ollama = read([
      chunk({ reasoning: 'mm', content: '' }),
      chunk({ reasoning: 'hm' }),
      chunk({ content: 'x' }, 'stop'),
    ])
    expect(ollama.content).toEqual({ role: 'assistant', content: 'x', reasoning: 'mmhm' })
    expect(ollama.events.filter(({ type }) => type === 'thinking-delta')).toHaveLength(2)
  })

  it('makes up for calls without ids or indexes, and for ids repeated in every chunk', () => {
    const whole = { function: { name: 'read_file', arguments: '{"path":"a"}' } }
    const { calls } = read([chunk({ tool_calls: [whole, whole] }), chunk({}, 'tool_calls')])
    expect(new Set(calls.map(({ callId }) => callId)).size).toBe(2)
    const part = (text: string) => ({ index: 0, id: 'c1', function: { name: 'read_file', arguments: text } })
    const repeated = read([
      chunk({ tool_calls: [part('{"path"')] }),
      chunk({ tool_calls: [part(':"b"}')] }),
      chunk({}, 'tool_calls'),
    ])
    expect(repeated.calls).toEqual([{ callId: 'c1', name: 'read_file', input: { path: 'b' } }])
    expect(repeated.events.filter(({ type }) => type === 'tool-call')).toHaveLength(1)
  })

  it('sends a malformed call back as one every server can parse', () => {
    const broken = { index: 0, id: 'c1', function: { name: 'read_file', arguments: '{"path' } }
    const { calls, content } = read([chunk({ tool_calls: [broken] }), chunk({}, 'tool_calls')])
    expect(calls[0]?.malformed).toBe('{"path')
    expect(JSON.stringify(content)).toContain('"arguments":"{}"')
  })

  it.each([
    ['without the end marker', [chunk({ content: 'hi' }, 'stop')], false, 'stream-cut'],
    ['without a finish reason', [chunk({ content: 'hi' })], true, 'stream-cut'],
    ['with a reason nobody knows', [chunk({ content: 'hi' }, 'tired')], true, 'malformed-response'],
    ['when capacity ran out', [chunk({ content: 'hi' }, 'insufficient_system_resource')], true, 'overloaded'],
    ['that stops for a tool and calls none', [chunk({ content: 'hi' }, 'tool_calls')], true, 'malformed-response'],
  ])('is no turn %s', (_what, chunks, sawDone, failure) => {
    expect(() => read(chunks, sawDone)).toThrow(expect.objectContaining({ failure }))
  })

  it('never runs a tool on any other stop', () => {
    const call = { index: 0, id: 'c1', function: { name: 'read_file', arguments: '{}' } }
    expect(read([chunk({ tool_calls: [call] }), chunk({ content: 'x' }, 'stop')]).calls).toEqual([])
  })
})
