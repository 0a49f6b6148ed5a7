import type { Scope } from '#server/auth/model'
import { messageOf } from '#server/kernel/app-error'
import type { Run } from '#server/platform/database/generated/client'
import { RunError } from './errors'
import { finishCall, type Lease, layAside, startCall } from './journal'
import type { RunLog } from './log'
import { type ToolName, toolInputs } from './model'
import type { Assignment, CallOutcome } from './ports'
import { isAnswered, type StoredCall, type StoredTurn } from './rules/transcript'

export interface CallSetting {
  scope: Scope
  run: Run
  lease: Lease
  log: RunLog
  signal: AbortSignal
  assignment: Assignment
}

/** Calls of one turn beyond which the rest is refused: a model that asks for hundreds has lost its way. */
const CALLS_PER_TURN = 64

/** Commands may have had any effect before the worker stopped: nobody can tell, so the agent is told just that. */
const notRepeatable: ReadonlySet<string> = new Set<ToolName>(['run_command'])

/**
 * Runs the calls of a turn that have no result yet, one after the other, each noted before it begins and stored when
 * it ends. A call that asks a person comes last, so that the others are done while the person thinks.
 */
export async function runPendingCalls(
  setting: CallSetting,
  turn: StoredTurn,
): Promise<{ kind: 'go-on' } | { kind: 'asking' } | { kind: 'finish'; summary: string }> {
  let summary: string | null = finishedSummary(turn)
  const pending = turn.calls.filter((call) => !isAnswered(call))
  const ordered = [
    ...pending.filter((call) => call.name !== 'ask_human'),
    ...pending.filter((call) => call.name === 'ask_human'),
  ]
  for (const call of ordered) {
    if (call.state === 'asking') return { kind: 'asking' }
    const outcome = await runCall(setting, call)
    if (outcome.kind === 'asking') {
      await layAside(setting.scope, setting.lease, setting.run, call.id, outcome.decisionId)
      return { kind: 'asking' }
    }
    if (outcome.kind === 'finish') summary = outcome.summary
  }
  return summary === null ? { kind: 'go-on' } : { kind: 'finish', summary }
}

/** A finish call that an earlier worker had already stored. */
function finishedSummary(turn: StoredTurn): string | null {
  const call = turn.calls.find(
    (candidate) => candidate.name === 'finish' && candidate.state === 'done' && !candidate.isError,
  )
  const input = call ? toolInputs.finish.safeParse(call.input) : null
  return input?.success ? input.data.summary : null
}

async function runCall(setting: CallSetting, call: StoredCall): Promise<CallOutcome> {
  const { lease, log } = setting
  const refusal = refuse(call)
  if (refusal) {
    log.write('error', `${call.name}: ${refusal}\n`)
    await finishCall(lease, call.id, { state: 'failed', output: refusal, isError: true })
    return { kind: 'done', output: refusal, isError: true }
  }
  const repeated = call.state === 'running'
  if (repeated && notRepeatable.has(call.name)) {
    const output =
      'Unknown: the worker stopped while this ran. It may have had no effect, part of its effect, or all of it. Look at the state of the files before going on.'
    await finishCall(lease, call.id, { state: 'unknown', output, isError: true })
    return { kind: 'done', output, isError: true }
  }
  await startCall(lease, call.id)
  const outcome = await attempt(setting, call, repeated)
  if (outcome.kind !== 'asking') {
    const isError = outcome.kind === 'done' && outcome.isError
    await finishCall(lease, call.id, { state: isError ? 'failed' : 'done', output: outcome.output, isError })
  }
  return outcome
}

/** Reasons not even to try, told to the model as the result of its call. */
function refuse(call: StoredCall): string | null {
  if (call.position >= CALLS_PER_TURN) {
    return `Only the first ${CALLS_PER_TURN} calls of a turn are run. Ask again for what is still needed.`
  }
  if (call.malformed !== undefined) {
    return `The arguments are not valid JSON, so nothing was run. They began: ${call.malformed.slice(0, 200)}`
  }
  return null
}

async function attempt(setting: CallSetting, call: StoredCall, repeated: boolean): Promise<CallOutcome> {
  const { scope, run, log, signal, assignment } = setting
  try {
    return await assignment.call(call.name, call.input, { scope, run, log, signal, toolCallId: call.id, repeated })
  } catch (error) {
    if (signal.aborted) throw error
    if (error instanceof RunError && (error.code === 'lease-lost' || error.code === 'run-cancelled')) throw error
    const output = messageOf(error)
    log.write('error', `${call.name}: ${output}\n`)
    return { kind: 'done', output, isError: true }
  }
}
