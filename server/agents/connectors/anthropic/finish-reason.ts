import type { StopReason } from '#server/agents/ports'
import { StreamFailure } from '#server/agents/wire/failure'

/** What `stop_reason` means here. `pause_turn` belongs to tools the provider runs itself, which we never offer. */
export function stopOf(reason: string): StopReason {
  switch (reason) {
    case 'tool_use':
      return 'tool_use'
    case 'end_turn':
    case 'stop_sequence':
      return 'end'
    case 'max_tokens':
      return 'max_tokens'
    case 'refusal':
      return 'refusal'
    case 'model_context_window_exceeded':
      return 'context_exceeded'
    default:
      throw new StreamFailure('malformed-response', `unknown stop reason ${JSON.stringify(reason)}`)
  }
}
