import { describe, expect, it } from 'vitest'
import type { TranscriptEntry } from '#server/agents/ports'
import { promptOf } from '../__fixtures__/call'
import { toRequest } from './to-request'

const content = {
  role: 'assistant',
  content: 'I look.',
  reasoning_content: 'hm',
  tool_calls: [
    { id: 'call_a', type: 'function', function: { name: 'read_file', arguments: '{"path":"a","lines":1}' } },
  ],
}

const transcript = (model: string): TranscriptEntry[] => [
  { role: 'user', text: 'hello' },
  {
    role: 'assistant',
    connector: 'compatible',
    model,
    content,
    text: 'I look.',
    calls: [{ callId: 'call_a', name: 'read_file', input: { path: 'a', lines: 1 } }],
  },
  { role: 'tool', results: [{ callId: 'call_a', name: 'read_file', output: 'no such file', isError: true }] },
  { role: 'user', text: 'and now?' },
]

describe('the request of compatible', () => {
  it('carries the whole conversation, the model’s own blocks untouched', () => {
    const request = toRequest(promptOf(transcript('deepseek-flash')), {
      model: 'deepseek-flash',
      maxOutputTokens: 1000,
    })
    expect(request).toMatchInlineSnapshot(`
      {
        "max_tokens": 1000,
        "messages": [
          {
            "content": "You are careful.",
            "role": "system",
          },
          {
            "content": "hello",
            "role": "user",
          },
          {
            "content": "I look.",
            "reasoning_content": "hm",
            "role": "assistant",
            "tool_calls": [
              {
                "function": {
                  "arguments": "{"path":"a","lines":1}",
                  "name": "read_file",
                },
                "id": "call_a",
                "type": "function",
              },
            ],
          },
          {
            "content": "Error: no such file",
            "role": "tool",
            "tool_call_id": "call_a",
          },
          {
            "content": "and now?",
            "role": "user",
          },
        ],
        "model": "deepseek-flash",
        "stream": true,
        "stream_options": {
          "include_usage": true,
        },
        "tools": [
          {
            "function": {
              "description": "Reads a file.",
              "name": "read_file",
              "parameters": {
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
            },
            "type": "function",
          },
        ],
      }
    `)
  })

  it('keeps thinking from any other model than the one that thought it', () => {
    const context = { model: 'deepseek-flash', maxOutputTokens: 1000 }
    const foreign = JSON.stringify(toRequest(promptOf(transcript('another-model')), context))
    expect(foreign).not.toMatch(/"hm"|ZW5j|c2ln/)
    expect(foreign).toContain('I look.')
    expect(foreign).toContain('call_a')
    const dated = toRequest(promptOf(transcript('deepseek-flash-20261001')), context)
    expect(dated).toEqual(toRequest(promptOf(transcript('deepseek-flash')), context))
  })

  it('asks for a structured answer', () => {
    const schema = { type: 'object', properties: { verdict: { type: 'string', maxLength: 9 } } }
    const prompt = promptOf('judge', { tools: [], answer: { name: 'review', schema } })
    expect(toRequest(prompt, { model: 'deepseek-flash', maxOutputTokens: 10 })).toMatchInlineSnapshot(`
      {
        "max_tokens": 10,
        "messages": [
          {
            "content": "You are careful.

      Answer with one JSON object named "review" and nothing else. It must satisfy this JSON Schema:
      {"type":"object","properties":{"verdict":{"type":"string","description":"{maxLength: 9}"}},"required":["verdict"],"additionalProperties":false}",
            "role": "system",
          },
          {
            "content": "judge",
            "role": "user",
          },
        ],
        "model": "deepseek-flash",
        "response_format": {
          "type": "json_object",
        },
        "stream": true,
        "stream_options": {
          "include_usage": true,
        },
      }
    `)
  })
})
