import { setTimeout as wait } from 'node:timers/promises'
import type { Scope } from '#server/auth/model'
import { messageOf } from '#server/kernel/app-error'
import { cleanText } from '#server/kernel/clean-text'
import type { Run } from '#server/platform/database/generated/client'
import { maskKeys } from '#server/platform/logging/redact'
import { RunError } from './errors'
import { finishCall, startCall } from './journal'
import type { Lease } from './lease'
import type { RunLog } from './log'
import { toolInputs } from './model'
import type { Assignment, CallOutcome } from './ports'
import { askedFirst } from './risky'
import { isMachineTrouble, MACHINE_PAUSES_MS } from './rules/machine-trouble'
import { policyOf } from './rules/tool-policy'
import { isAnswered, type StoredCall, type StoredTurn } from './rules/transcript'
import { layAside } from './states'

export interface CallSetting {
  scope: Scope
  run: Run
  lease: Lease
  log: RunLog
  signal: AbortSignal
  assignment: Assignment
  /** Told of each result before it is stored: what the model reads, and what ends the attempt after it is stored. */
  onResult: (turn: StoredTurn, call: StoredCall, result: CallResult) => { output: string; ends: RunError | null }
}

export interface CallResult {
  output: string
  isError: boolean
}

/** Calls of one turn beyond which the rest is refused: a model that asks for hundreds has lost its way. */
const CALLS_PER_TURN = 64

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
    const outcome = await runCall(setting, turn, call)
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

async function runCall(setting: CallSetting, turn: StoredTurn, call: StoredCall): Promise<CallOutcome> {
  const { lease, log } = setting
  const refusal = refuse(call)
  if (refusal) {
    log.write('error', `${call.name}: ${refusal}\n`)
    return store(setting, turn, call, 'failed', { kind: 'done', output: refusal, isError: true })
  }
  const repeated = call.state === 'running'
  if (repeated && policyOf(call.name).afterTakeover === 'unknown') {
    const output =
      'Unknown: the worker stopped while this ran. It may have had no effect, part of its effect, or all of it. Look at the state of the files before going on.'
    return store(setting, turn, call, 'unknown', { kind: 'done', output, isError: true })
  }
  const decisionId = call.state === 'pending' ? await askedFirst(setting.scope, setting.run, call) : null
  if (decisionId) return { kind: 'asking', decisionId }
  if (!repeated) await startCall(lease, call.id)
  const before = performance.now()
  const outcome = await attempt(setting, call, repeated)
  call.workMs = performance.now() - before
  if (outcome.kind === 'asking') return outcome
  const isError = outcome.kind === 'done' && outcome.isError
  return store(setting, turn, call, isError ? 'failed' : 'done', outcome)
}

/**
 * Stores a result, and keeps the journal in memory equal to what is stored. Keys that the process knows are masked before
 * anybody sees it: people, the model, and whoever replays the journal. @throws RunError that ends the attempt
 */
async function store(
  { lease, onResult }: CallSetting,
  turn: StoredTurn,
  call: StoredCall,
  state: 'done' | 'failed' | 'unknown',
  outcome: Exclude<CallOutcome, { kind: 'asking' }>,
): Promise<CallOutcome> {
  const isError = outcome.kind === 'done' && outcome.isError
  const { output, ends } = onResult(turn, call, { output: cleanText(maskKeys(outcome.output)), isError })
  await finishCall(lease, call.id, { state, output, isError })
  Object.assign(call, { state, output, isError })
  if (ends) throw ends
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

/**
 * Makes the call. What fails because the machine's disk is full or failing is tried again after a pause, if a second time
 * does no harm: the agent can't mend it, and would only be told the same until its attempt ends as a loop.
 */
async function attempt(setting: CallSetting, call: StoredCall, repeated: boolean): Promise<CallOutcome> {
  const { scope, run, log, signal, assignment } = setting
  const mayRepeat = policyOf(call.name).afterTakeover !== 'unknown'
  for (let tries = 0; ; tries += 1) {
    const again = repeated || tries > 0
    try {
      return await assignment.call(call.name, call.input, {
        scope,
        run,
        log,
        signal,
        toolCallId: call.id,
        repeated: again,
      })
    } catch (error) {
      if (signal.aborted || isStopped(error)) throw error
      const output = messageOf(error)
      log.write('error', `${call.name}: ${output}\n`)
      const pauseMs = mayRepeat && isMachineTrouble(output) ? MACHINE_PAUSES_MS[tries] : undefined
      if (pauseMs === undefined) return { kind: 'done', output, isError: true }
      await wait(pauseMs, undefined, { signal })
    }
  }
}

/** The run is no longer this worker's: nothing more may be written for it. */
export function isStopped(error: unknown): error is RunError {
  return error instanceof RunError && ['lease-lost', 'run-cancelled', 'run-paused'].includes(error.code)
}
