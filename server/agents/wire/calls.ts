import type { ConnectorName } from '#server/agents/model'
import type { RequestedCall, TranscriptEntry } from '#server/agents/ports'

/** A tool call from the text of its arguments. What is not JSON goes back to the model as its own mistake. */
export function requestedCall(callId: string, name: string, argumentsText: string): RequestedCall {
  if (argumentsText.trim() === '') return { callId, name, input: {} }
  try {
    return { callId, name, input: JSON.parse(argumentsText) as unknown }
  } catch {
    return { callId, name, input: null, malformed: argumentsText }
  }
}

type AssistantEntry = Extract<TranscriptEntry, { role: 'assistant' }>

/**
 * Whether an assistant entry may be sent back block by block: thinking and encrypted reasoning belong to the connector
 * and model that made them. A provider may answer with the dated id of the model that was asked for.
 */
export function isOwn(entry: AssistantEntry, connector: ConnectorName, model: string): boolean {
  if (entry.connector !== connector) return false
  const undated = (name: string) => name.replace(/-(?:\d{8}|\d{4}-\d{2}-\d{2})$/, '')
  return undated(entry.model) === undated(model)
}

/** The arguments of a call for a wire that wants an object, when the model's own text was none. */
export function inputObject(call: RequestedCall): Record<string, unknown> {
  const { input } = call
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? (input as Record<string, unknown>) : {}
}
