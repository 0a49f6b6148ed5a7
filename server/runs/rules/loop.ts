/**
 * The loop breaker. A call that was made before with the same arguments and gave the same result, while nothing was
 * changed in between, is a repeat. Two repeats are told to the model; the third ends the attempt.
 *
 * - What changes something and was never done before is progress: the counts start anew. So editing and running the
 *   same tests again is never a loop, and going back and forth between two contents is.
 * - An error counts as the same result whatever its words.
 * - A batch of distinct calls has no repeats at all, however alike they are.
 * - Only what the model was told in an earlier turn can end the attempt: a turn full of equal calls is told first.
 */
export interface LoopCall {
  turn: number
  name: string
  /** the arguments as JSON with sorted keys */
  input: string
  /** as the tool gave it, without what was added for the model */
  output: string
  isError: boolean
  /** the tool may change something outside the conversation */
  changes: boolean
}

export interface LoopState {
  /** how often each call gave the same since the last progress */
  counts: ReadonlyMap<string, number>
  /** changing calls ever made in this run */
  done: ReadonlySet<string>
  /** the turn in which the model was told first since the last progress */
  toldIn: number | null
}

export const noLoop: LoopState = { counts: new Map(), done: new Set(), toldIn: null }

/** Repeats after which the model is told, and after which the attempt ends. */
const TOLD_AFTER = 2
export const ENDS_AFTER = 3

export type LoopVerdict = { kind: 'go-on' } | { kind: 'tell'; repeats: number } | { kind: 'end'; repeats: number }

export function afterLoopCall(state: LoopState, call: LoopCall): { state: LoopState; verdict: LoopVerdict } {
  const made = JSON.stringify([call.name, call.input])
  const same = JSON.stringify([made, call.isError ? 'error' : settled(call.output)])
  const progress = call.changes && !call.isError && !state.done.has(made)
  const done = progress ? new Set([...state.done, made]) : state.done
  const counts = new Map(progress ? [] : state.counts)
  const count = (counts.get(same) ?? 0) + 1
  counts.set(same, count)
  const repeats = count - 1
  const toldIn = progress ? null : state.toldIn
  if (repeats < TOLD_AFTER) return { state: { counts, done, toldIn }, verdict: { kind: 'go-on' } }
  if (repeats >= ENDS_AFTER && toldIn !== null && toldIn < call.turn) {
    return { state: { counts, done, toldIn }, verdict: { kind: 'end', repeats } }
  }
  return { state: { counts, done, toldIn: toldIn ?? call.turn }, verdict: { kind: 'tell', repeats } }
}

/** Durations differ from run to run of the same command and say nothing. */
function settled(output: string): string {
  return output.replaceAll(/\d+(?:\.\d+)?\s?(?:ms|s)\b/g, '… s')
}

const NOTICE = '\n\nOrchestrator: '

/** What a told model reads after its result. */
export function withLoopNotice(output: string, name: string, repeats: number): string {
  return `${output}${NOTICE}this ${name} call with these arguments gave the same ${repeats + 1} times, and nothing was changed in between. Do something else. If it is repeated once more, this attempt ends.`
}

/** A stored output as the tool gave it. */
export function withoutLoopNotice(output: string): string {
  const at = output.lastIndexOf(`${NOTICE}this `)
  return at === -1 ? output : output.slice(0, at)
}
