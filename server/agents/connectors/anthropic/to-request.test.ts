import { describe, expect, it } from 'vitest'
import type { TranscriptEntry } from '#server/agents/ports'
import { promptOf } from '../__fixtures__/call'
import { toRequest } from './to-request'

const content = [
  { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
  { type: 'text', text: 'I look.' },
  { type: 'tool_use', id: 'call_a', name: 'read_file', input: { path: 'a', lines: 1 } },
]

const transcript = (model: string): TranscriptEntry[] => [
  { role: 'user', text: 'hello' },
  {
    role: 'assistant',
    connector: 'anthropic',
    model,
    content,
    text: 'I look.',
    calls: [{ callId: 'call_a', name: 'read_file', input: { path: 'a', lines: 1 } }],
  },
  { role: 'tool', results: [{ callId: 'call_a', name: 'read_file', output: 'no such file', isError: true }] },
  { role: 'user', text: 'and now?' },
]

describe('the request of anthropic', () => {
  it('carries the whole conversation, the model’s own blocks untouched', () => {
    const request = toRequest(promptOf(transcript('claude-opus-5-5')), {
      model: 'claude-opus-5-5',
      maxOutputTokens: 1000,
    })
    expect(request).toMatchInlineSnapshot(`
      {
        "cache_control": {
          "type": "ephemeral",
        },
        "max_tokens": 1000,
        "messages": [
          {
            "content": [
              {
                "text": "hello",
                "type": "text",
              },
            ],
            "role": "user",
          },
          {
            "content": [
              {
                "signature": "c2ln",
                "thinking": "hm",
                "type": "thinking",
              },
              {
                "text": "I look.",
                "type": "text",
              },
              {
                "id": "call_a",
                "input": {
                  "lines": 1,
                  "path": "a",
                },
                "name": "read_file",
                "type": "tool_use",
              },
            ],
            "role": "assistant",
          },
          {
            "content": [
              {
                "content": "no such file",
                "is_error": true,
                "tool_use_id": "call_a",
                "type": "tool_result",
              },
              {
                "text": "and now?",
                "type": "text",
              },
            ],
            "role": "user",
          },
        ],
        "model": "claude-opus-5-5",
        "stream": true,
        "system": "You are careful.",
        "thinking": {
          "display": "summarized",
          "type": "adaptive",
        },
        "tools": [
          {
            "description": "Reads a file.",
            "input_schema": {
              "additionalProperties": false,
              "properties": {
                "lines": {
                  "description": "how many {minimum: 1}",
                  "type": "integer",
                },
                "path": {
                  "type": "string",
                },
              },
              "required": [
                "path",
                "lines",
              ],
              "type": "object",
            },
            "name": "read_file",
            "strict": true,
          },
        ],
      }
    `)
  })

  it('keeps thinking from any other model than the one that thought it', () => {
    const context = { model: 'claude-opus-5-5', maxOutputTokens: 1000 }
    const foreign = JSON.stringify(toRequest(promptOf(transcript('another-model')), context))
    expect(foreign).not.toMatch(/"hm"|ZW5j|c2ln/)
    expect(foreign).toContain('I look.')
    expect(foreign).toContain('call_a')
    const dated = toRequest(promptOf(transcript('claude-opus-5-5-20261001')), context)
    expect(dated).toEqual(toRequest(promptOf(transcript('claude-opus-5-5')), context))
  })

  it('asks for a structured answer', () => {
    const schema = { type: 'object', properties: { verdict: { type: 'string', maxLength: 9 } } }
    const prompt = promptOf('judge', { tools: [], answer: { name: 'review', schema } })
    expect(toRequest(prompt, { model: 'claude-opus-5-5', maxOutputTokens: 10 })).toMatchInlineSnapshot(`
      {
        "cache_control": {
          "type": "ephemeral",
        },
        "max_tokens": 10,
        "messages": [
          {
            "content": [
              {
                "text": "judge",
                "type": "text",
              },
            ],
            "role": "user",
          },
        ],
        "model": "claude-opus-5-5",
        "output_config": {
          "format": {
            "schema": {
              "additionalProperties": false,
              "properties": {
                "verdict": {
                  "description": "{maxLength: 9}",
                  "type": "string",
                },
              },
              "required": [
                "verdict",
              ],
              "type": "object",
            },
            "type": "json_schema",
          },
        },
        "stream": true,
        "system": "You are careful.",
        "thinking": {
          "display": "summarized",
          "type": "adaptive",
        },
      }
    `)
  })

  it('asks only models that can to think', () => {
    const thinking = (model: string) =>
      toRequest(promptOf('hello'), { model, maxOutputTokens: 1 }).thinking !== undefined
    expect(
      ['claude-opus-4-6', 'claude-sonnet-5', 'claude-fable-5-2', 'claude-haiku-5-5', 'scripted-analyst'].map(thinking),
    ).toEqual([true, true, true, true, true])
    expect(['claude-haiku-4-5-20251001', 'claude-opus-4-20250514', 'somebody-elses'].map(thinking)).toEqual([
      false,
      false,
      false,
    ])
  })
})
