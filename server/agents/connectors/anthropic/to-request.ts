import type Anthropic from '@anthropic-ai/sdk'
import { isScriptedModel } from '#server/agents/model'
import type { Prompt, TranscriptEntry, TurnContext } from '#server/agents/ports'
import { inputObject, isOwn } from '#server/agents/wire/calls'
import { strictSchema } from '#server/agents/wire/strict-schema'

type Params = Anthropic.MessageCreateParamsStreaming
type Message = Anthropic.MessageParam
type Block = Anthropic.ContentBlockParam

/** The body of `POST /v1/messages`. Sampling parameters do not exist on API version 2026-10-21. */
export function toRequest(prompt: Prompt, context: Pick<TurnContext, 'model' | 'maxOutputTokens'>): Params {
  return {
    model: context.model,
    max_tokens: context.maxOutputTokens,
    system: prompt.system,
    messages: toMessages(prompt.transcript, context.model),
    stream: true,
    // Marks the last block automatically: the conversation so far is read from the cache on the next turn.
    cache_control: { type: 'ephemeral' },
    // Without `summarized` the current models think in silence and the live log stands still.
    ...(thinksAdaptively(context.model) ? { thinking: { type: 'adaptive', display: 'summarized' } } : {}),
    ...(prompt.tools.length > 0 ? { tools: prompt.tools.map(toTool) } : {}),
    ...(prompt.answer
      ? { output_config: { format: { type: 'json_schema', schema: strictSchema(prompt.answer.schema) } } }
      : {}),
  }
}

/** Models from 4.6 on choose themselves how long to think; older ones refuse the setting. */
function thinksAdaptively(model: string): boolean {
  if (isScriptedModel(model)) return true
  const version = /^claude-[a-z]+-(\d+)(?:-(\d{1,2}))?(?:-\d{8})?$/.exec(model)
  if (version === null) return false
  const [major, minor] = [Number(version[1]), Number(version[2] ?? 0)]
  return major > 4 || (major === 4 && minor >= 6)
}

function toTool(tool: Prompt['tools'][number]): Anthropic.Tool {
  const schema = strictSchema(tool.parameters) as unknown as Anthropic.Tool.InputSchema
  return { name: tool.name, description: tool.description, input_schema: schema, strict: true }
}

/** People's text and tool results both come from the `user`; roles must alternate, so neighbours become one message. */
function toMessages(transcript: TranscriptEntry[], model: string): Message[] {
  const messages: { role: 'user' | 'assistant'; content: Block[] }[] = []
  for (const entry of transcript) {
    const role = entry.role === 'assistant' ? 'assistant' : 'user'
    const content = toBlocks(entry, model)
    const last = messages.at(-1)
    if (content.length === 0) continue
    if (last?.role === role) last.content.push(...content)
    else messages.push({ role, content })
  }
  return messages
}

function toBlocks(entry: TranscriptEntry, model: string): Block[] {
  switch (entry.role) {
    case 'user':
      return [{ type: 'text', text: entry.text }]
    case 'tool':
      return entry.results.map((result) => ({
        type: 'tool_result',
        tool_use_id: result.callId,
        content: result.output === '' ? '(no output)' : result.output,
        ...(result.isError ? { is_error: true } : {}),
      }))
    case 'assistant':
      if (isOwn(entry, 'anthropic', model) && Array.isArray(entry.content)) return entry.content as Block[]
      return [
        ...(entry.text === '' ? [] : [{ type: 'text' as const, text: entry.text }]),
        ...entry.calls.map((call) => ({
          type: 'tool_use' as const,
          id: call.callId,
          name: call.name,
          input: inputObject(call),
        })),
      ]
  }
}
