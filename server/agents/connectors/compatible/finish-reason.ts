import type { StopReason } from '#server/agents/ports'
import { StreamFailure } from '#server/agents/wire/failure'

/** What `finish_reason` means here. DeepSeek ends an answer it has no capacity for with a reason of its own. */
export function stopOf(reason: string): StopReason {
  switch (reason) {
    case 'tool_calls':
      return 'tool_use'
    case 'stop':
      return 'end'
    case 'length':
      return 'max_tokens'
    case 'content_filter':
      return 'refusal'
    case 'insufficient_system_resource':
      throw new StreamFailure('overloaded', 'the provider ran out of capacity in the middle of the answer')
    default:
      throw new StreamFailure('malformed-response', `unknown finish reason ${JSON.stringify(reason)}`)
  }
}
