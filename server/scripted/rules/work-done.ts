import type { Call, CallResult, Conversation } from '#server/scripted/model'

/** A call that was answered, as the implementer looks back on it. */
export interface Done {
  name: string
  input: Record<string, unknown>
  output: string
  failed: boolean
}

/** All answered calls of a conversation in order. */
export function callsDone(conversation: Conversation): Done[] {
  const results = new Map<string, CallResult>()
  for (const turn of conversation.turns) {
    if (turn.role === 'results') for (const result of turn.results) results.set(result.id, result)
  }
  return conversation.turns.flatMap((turn) =>
    turn.role === 'assistant' ? turn.calls.flatMap((call) => done(call, results.get(call.id))) : [],
  )
}

function done(call: Call, result: CallResult | undefined): Done[] {
  if (!result) return []
  const input = call.input !== null && typeof call.input === 'object' ? (call.input as Record<string, unknown>) : {}
  // Only one of the three wires can mark a failed result; on the others connectors write it into the text.
  const failed = result.isError || /^error\b/i.test(result.output.trim())
  return [{ name: call.name, input, output: result.output, failed }]
}

export type CommandOutcome = 'passed' | 'failed' | 'unknown'

/** How a command ended, read from the first line of the tool's answer, else from a TAP summary. */
export function commandOutcome(command: Done): CommandOutcome {
  const firstLine = command.output.trimStart().split('\n')[0] ?? ''
  if (command.failed || /^(stopped|timed out|killed|not run)\b/i.test(firstLine)) return 'failed'
  const code = /\bexit(?:ed)?[\s_-]*(?:with)?[\s_-]*(?:code|status)?"?\s*[:=]?\s*(-?\d+\b|none)/i.exec(firstLine)?.[1]
  if (code !== undefined) return code === '0' ? 'passed' : 'failed'
  const failures = /^# fail (\d+)$/m.exec(command.output)?.[1]
  if (failures !== undefined) return failures === '0' ? 'passed' : 'failed'
  return 'unknown'
}

export interface Option {
  id: string
  label: string
}

/**
 * Which option an answer in words means: its id or label alone, or the longest one named in it. Null when none is
 * named, so that nothing is guessed.
 */
export function chosenOption<Some extends Option>(output: string, options: readonly Some[]): Some | null {
  const said = pickedIn(output).trim().toLowerCase()
  const exact = options.find((option) => [option.id, option.label].some((name) => name.toLowerCase() === said))
  if (exact) return exact
  const named = (name: string): boolean => {
    const escaped = name.toLowerCase().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    return new RegExp(`(?<![\\p{L}\\p{N}_-])${escaped}(?![\\p{L}\\p{N}_-])`, 'u').test(said)
  }
  const byLabel = options.filter((option) => named(option.label))
  const found = byLabel.length > 0 ? byLabel : options.filter((option) => named(option.id))
  return found.toSorted((a, b) => b.label.length - a.label.length)[0] ?? null
}

/** The option's field of an answer in JSON, so that a comment which names another option is not taken for the choice. */
function pickedIn(output: string): string {
  try {
    const answer: unknown = JSON.parse(output)
    if (answer === null || typeof answer !== 'object') return String(answer)
    const fields = answer as Record<string, unknown>
    const picked = fields.option ?? fields.answer ?? fields.id ?? fields.label
    return typeof picked === 'string' ? picked : output
  } catch {
    return output
  }
}
