import type { ChatCompletionCreateParamsStreaming, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { Prompt, TranscriptEntry, TurnContext } from '#server/agents/ports'
import { inputObject, isOwn } from '#server/agents/wire/calls'
import { strictSchema } from '#server/agents/wire/strict-schema'
import type { ChatMessage } from './from-stream'

/** The body of `POST /chat/completions`, in the words every compatible server knows (`max_tokens`, no strict tools). */
export function toRequest(
  prompt: Prompt,
  context: Pick<TurnContext, 'model' | 'maxOutputTokens'>,
): ChatCompletionCreateParamsStreaming {
  return {
    model: context.model,
    messages: [
      { role: 'system', content: withAnswer(prompt) },
      ...prompt.transcript.flatMap((entry) => toMessages(entry, context.model)),
    ],
    max_tokens: context.maxOutputTokens,
    stream: true,
    stream_options: { include_usage: true },
    ...(prompt.tools.length > 0 ? { tools: prompt.tools.map(toTool) } : {}),
    ...(prompt.answer ? { response_format: { type: 'json_object' } } : {}),
  }
}

/** JSON mode promises JSON and nothing about its shape, so the schema is told in words and checked afterwards. */
function withAnswer({ system, answer }: Prompt): string {
  if (answer === undefined) return system
  const schema = JSON.stringify(strictSchema(answer.schema))
  return `${system}\n\nAnswer with one JSON object named "${answer.name}" and nothing else. It must satisfy this JSON Schema:\n${schema}`
}

function toTool(tool: Prompt['tools'][number]) {
  return {
    type: 'function' as const,
    function: { name: tool.name, description: tool.description, parameters: strictSchema(tool.parameters) },
  }
}

function toMessages(entry: TranscriptEntry, model: string): ChatCompletionMessageParam[] {
  switch (entry.role) {
    case 'user':
      return [{ role: 'user', content: entry.text }]
    case 'tool':
      return entry.results.map((result) => ({
        role: 'tool',
        tool_call_id: result.callId,
        content: result.isError ? `Error: ${result.output}` : result.output,
      }))
    case 'assistant': {
      const own = isOwn(entry, 'compatible', model) ? (entry.content as ChatMessage | null) : null
      // Unchanged, `reasoning_content` included: DeepSeek answers 400 when a turn with tool calls comes back without.
      const message = own ?? reduced(entry)
      return message.content || message.tool_calls ? [message as ChatCompletionMessageParam] : []
    }
  }
}

/** A turn of another model. Its thinking stays behind, but DeepSeek wants the field beside tool calls, if only empty. */
function reduced(entry: Extract<TranscriptEntry, { role: 'assistant' }>): ChatMessage {
  if (entry.calls.length === 0) return { role: 'assistant', content: entry.text }
  const calls = entry.calls.map((call) => ({
    id: call.callId,
    type: 'function' as const,
    function: { name: call.name, arguments: JSON.stringify(inputObject(call)) },
  }))
  return { role: 'assistant', content: entry.text || null, reasoning_content: '', tool_calls: calls }
}
