import type { StopReason } from '#server/agents/ports'
import { StreamFailure } from '#server/agents/wire/failure'

export interface ResponseEnd {
  status: string
  incompleteReason: string | null
  hasCalls: boolean
  refused: boolean
}

/** Responses have no stop reason of their own: it follows from status and content. */
export function stopOf({ status, incompleteReason, hasCalls, refused }: ResponseEnd): StopReason {
  if (status === 'completed') {
    if (hasCalls) return 'tool_use'
    return refused ? 'refusal' : 'end'
  }
  if (status === 'incomplete') {
    if (incompleteReason === 'content_filter') return 'refusal'
    if (incompleteReason === 'max_output_tokens') return 'max_tokens'
  }
  throw new StreamFailure('malformed-response', `the response ended as ${status} (${incompleteReason ?? 'no reason'})`)
}
