import { type ResponseInputItemLike, toResponseInputItem } from 'openai/lib/responses/ResponseInputItems'
import type { ResponseCreateParamsStreaming, ResponseInputItem } from 'openai/resources/responses/responses'
import type { Prompt, TranscriptEntry, TurnContext } from '#server/agents/ports'
import { isOwn } from '#server/agents/wire/calls'
import { strictSchema } from '#server/agents/wire/strict-schema'

/**
 * The body of `POST /responses`. Nothing is stored at the provider: every request carries the whole conversation, with
 * the model's reasoning in encrypted form.
 */
export function toRequest(
  prompt: Prompt,
  context: Pick<TurnContext, 'model' | 'maxOutputTokens' | 'runId'>,
): ResponseCreateParamsStreaming {
  const reasons = isReasoningModel(context.model)
  return {
    model: context.model,
    instructions: prompt.system,
    input: prompt.transcript.flatMap((entry) => toItems(entry, context.model)),
    max_output_tokens: context.maxOutputTokens,
    store: false,
    stream: true,
    ...(reasons ? { include: ['reasoning.encrypted_content'], reasoning: { summary: 'auto' } } : {}),
    ...(context.runId ? { prompt_cache_key: context.runId } : {}),
    ...(prompt.tools.length > 0 ? { tools: prompt.tools.map(toTool) } : {}),
    ...(prompt.answer
      ? {
          text: {
            format: {
              type: 'json_schema',
              name: prompt.answer.name,
              schema: strictSchema(prompt.answer.schema),
              strict: true,
            },
          },
        }
      : {}),
  }
}

/** The generations before reasoning refuse its settings. */
function isReasoningModel(model: string): boolean {
  return !/^(?:gpt-3|gpt-4|chatgpt-)/.test(model)
}

function toTool(tool: Prompt['tools'][number]) {
  return {
    type: 'function' as const,
    name: tool.name,
    description: tool.description,
    parameters: strictSchema(tool.parameters),
    strict: true,
  }
}

function toItems(entry: TranscriptEntry, model: string): ResponseInputItem[] {
  switch (entry.role) {
    case 'user':
      return [{ role: 'user', content: entry.text }]
    case 'tool':
      return entry.results.map((result) => ({
        type: 'function_call_output',
        call_id: result.callId,
        output: result.isError ? `Error: ${result.output}` : result.output,
      }))
    case 'assistant':
      if (isOwn(entry, 'openai', model) && Array.isArray(entry.content)) {
        return (entry.content as ResponseInputItemLike[]).flatMap((item) => replayed(item))
      }
      return [
        ...(entry.text === '' ? [] : [{ role: 'assistant' as const, content: entry.text }]),
        ...entry.calls.map((call) => ({
          type: 'function_call' as const,
          call_id: call.callId,
          name: call.name,
          arguments: call.malformed ?? JSON.stringify(call.input),
        })),
      ]
  }
}

/** An item as it may be sent back. The SDK refuses kinds it does not know yet; the server that made them knows them. */
function replayed(item: ResponseInputItemLike): ResponseInputItem[] {
  try {
    return [toResponseInputItem(item)].filter((one) => one !== null)
  } catch (error) {
    if (error instanceof TypeError) return [item as ResponseInputItem]
    throw error
  }
}
