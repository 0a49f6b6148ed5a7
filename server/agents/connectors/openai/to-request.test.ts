import { describe, expect, it } from 'vitest'
import type { TranscriptEntry } from '#server/agents/ports'
import { promptOf } from '../__fixtures__/call'
import { toRequest } from './to-request'

const content = [
  { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'ZW5j' },
  {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    phase: 'commentary',
    content: [{ type: 'output_text', text: 'I look.', annotations: [] }],
  },
  {
    type: 'function_call',
    id: 'fc_1',
    call_id: 'call_a',
    name: 'read_file',
    arguments: '{"path":"a","lines":1}',
    status: 'completed',
  },
]

const transcript = (model: string): TranscriptEntry[] => [
  { role: 'user', text: 'hello' },
  {
    role: 'assistant',
    connector: 'openai',
    model,
    content,
    text: 'I look.',
    calls: [{ callId: 'call_a', name: 'read_file', input: { path: 'a', lines: 1 } }],
  },
  { role: 'tool', results: [{ callId: 'call_a', name: 'read_file', output: 'no such file', isError: true }] },
  { role: 'user', text: 'and now?' },
]

describe('the request of openai', () => {
  it('carries the whole conversation, the model’s own blocks untouched', () => {
    const request = toRequest(promptOf(transcript('gpt-6.1-sol')), { model: 'gpt-6.1-sol', maxOutputTokens: 1000 })
    expect(request).toMatchInlineSnapshot(`
      {
        "include": [
          "reasoning.encrypted_content",
        ],
        "input": [
          {
            "content": "hello",
            "role": "user",
          },
          {
            "encrypted_content": "ZW5j",
            "id": "rs_1",
            "summary": [],
            "type": "reasoning",
          },
          {
            "content": [
              {
                "annotations": [],
                "text": "I look.",
                "type": "output_text",
              },
            ],
            "id": "msg_1",
            "phase": "commentary",
            "role": "assistant",
            "status": "completed",
            "type": "message",
          },
          {
            "arguments": "{"path":"a","lines":1}",
            "call_id": "call_a",
            "id": "fc_1",
            "name": "read_file",
            "status": "completed",
            "type": "function_call",
          },
          {
            "call_id": "call_a",
            "output": "Error: no such file",
            "type": "function_call_output",
          },
          {
            "content": "and now?",
            "role": "user",
          },
        ],
        "instructions": "You are careful.",
        "max_output_tokens": 1000,
        "model": "gpt-6.1-sol",
        "reasoning": {
          "summary": "auto",
        },
        "store": false,
        "stream": true,
        "tools": [
          {
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
            "strict": true,
            "type": "function",
          },
        ],
      }
    `)
  })

  it('keeps thinking from any other model than the one that thought it', () => {
    const context = { model: 'gpt-6.1-sol', maxOutputTokens: 1000 }
    const foreign = JSON.stringify(toRequest(promptOf(transcript('another-model')), context))
    expect(foreign).not.toMatch(/"hm"|ZW5j|c2ln/)
    expect(foreign).toContain('I look.')
    expect(foreign).toContain('call_a')
    const dated = toRequest(promptOf(transcript('gpt-6.1-sol-20261001')), context)
    expect(dated).toEqual(toRequest(promptOf(transcript('gpt-6.1-sol')), context))
  })

  it('asks for a structured answer', () => {
    const schema = { type: 'object', properties: { verdict: { type: 'string', maxLength: 9 } } }
    const prompt = promptOf('judge', { tools: [], answer: { name: 'review', schema } })
    expect(toRequest(prompt, { model: 'gpt-6.1-sol', maxOutputTokens: 10 })).toMatchInlineSnapshot(`
      {
        "include": [
          "reasoning.encrypted_content",
        ],
        "input": [
          {
            "content": "judge",
            "role": "user",
          },
        ],
        "instructions": "You are careful.",
        "max_output_tokens": 10,
        "model": "gpt-6.1-sol",
        "reasoning": {
          "summary": "auto",
        },
        "store": false,
        "stream": true,
        "text": {
          "format": {
            "name": "review",
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
            "strict": true,
            "type": "json_schema",
          },
        },
      }
    `)
  })

  it('asks only models that reason for their reasoning', () => {
    const includes = (model: string) =>
      toRequest(promptOf('hello'), { model, maxOutputTokens: 1 }).include !== undefined
    expect(['gpt-6.1-sol', 'gpt-5.5', 'scripted-implementer'].map(includes)).toEqual([true, true, true])
    expect(['gpt-4.1', 'gpt-4o'].map(includes)).toEqual([false, false])
  })

  it('sends back kinds of items the SDK does not know', () => {
    const content = [{ type: 'hologram', id: 'h_1' }]
    const entry = {
      role: 'assistant' as const,
      connector: 'openai' as const,
      model: 'gpt-6.1-sol',
      content,
      text: '',
      calls: [],
    }
    expect(toRequest(promptOf([entry]), { model: 'gpt-6.1-sol', maxOutputTokens: 1 }).input).toEqual(content)
  })
})
