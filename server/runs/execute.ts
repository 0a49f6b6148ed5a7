import { requestHash, runTurn, stableJson } from '#server/agents/bridge'
import { type Connection, connectionFor } from '#server/agents/connection'
import { type GateKey, gateKey } from '#server/agents/gate'
import type { Prompt, TurnContext, TurnEvent } from '#server/agents/ports'
import { costMicroUsd } from '#server/agents/rules/pricing'
import type { Scope } from '#server/auth/model'
import { worstInputTokens } from '#server/budgets/rules/worst-case'
import { database } from '#server/platform/database/client'
import type { Run } from '#server/platform/database/generated/client'
import { agentsEnvironment } from '#server/platform/env/agents'
import { knowKeys } from '#server/secrets/commands'
import { type CallResult, runPendingCalls } from './calls'
import { RunError } from './errors'
import { loadTurns, storePrompt, storeTurn } from './journal'
import type { Lease } from './lease'
import { RunLog } from './log'
import type { Assignment, RunEnding, Verdict } from './ports'
import { reachedCap, type Work } from './rules/caps'
import { afterLoopCall, type LoopState, noLoop, withLoopNotice, withoutLoopNotice } from './rules/loop'
import type { PinnedAgent } from './rules/pinned'
import { policyOf } from './rules/tool-policy'
import {
  buildTranscript,
  isAnswered,
  type RunPrompt,
  runPromptSchema,
  type StoredCall,
  type StoredTurn,
} from './rules/transcript'
import { settleFailure } from './settle'
import { spendingOf } from './spending'
import { claimRun, finishRun } from './states'
import { watchRun } from './watch'

/** Everything one execution of a run works with. */
interface Execution {
  scope: Scope
  run: Run
  agent: PinnedAgent
  lease: Lease
  prompt: RunPrompt
  assignment: Assignment
  connection: Connection
  gate: GateKey
  log: RunLog
  signal: AbortSignal
  /** the journal: loaded once, then kept equal to what is stored under the lease */
  turns: StoredTurn[]
  /** what was said after turns that called no tool, by number: judging is pure, so once is enough */
  replies: Map<number, string | null>
  loop: LoopState
  limitMs: number
  /** bytes of the last request, so that only what is new has to be counted at its worst */
  lastBytes: number | null
}

/**
 * Carries a run on from wherever its journal ends: asks for the next turn, stores it, runs its tools, until the
 * assignment is over, a person has to answer, or it fails. A turn that is stored is never requested again; a worker
 * that lost its lease stops without writing.
 */
export async function executeRun(
  scope: Scope,
  runId: string,
  options: { worker: string; signal: AbortSignal; assignmentFor: (run: Run) => Assignment },
): Promise<void> {
  const watch = watchRun(runId)
  try {
    const claim = await claimRun(scope, runId, options.worker)
    if (!claim) return
    const { run, lease, agent, limitMs, turns } = claim
    const stop = new AbortController()
    watch.hold(lease, stop)
    const log = new RunLog(run)
    try {
      const signal = AbortSignal.any([options.signal, stop.signal])
      const begun = { scope, run, lease, agent, limitMs, log, signal }
      const journal = turns > 0 ? await loadTurns(run.id) : []
      await converse(await begin(begun, options.assignmentFor(run), journal))
    } catch (error) {
      await settleFailure({ scope, run, lease, agent, log }, error, options.signal)
    } finally {
      await log.close()
    }
  } finally {
    watch.end()
  }
}

type Begun = Pick<Execution, 'scope' | 'run' | 'lease' | 'agent' | 'limitMs' | 'log' | 'signal'>

async function begin(begun: Begun, assignment: Assignment, turns: StoredTurn[]): Promise<Execution> {
  const { scope, run, lease, agent } = begun
  await knowKeys(scope)
  const connection = await connectionFor(scope, agent, run.providerMode)
  const prompt = await preparedPrompt(scope, run, lease, assignment, turns)
  const gate = gateKey(run.organizationId, agent.provider, connection.apiKey)
  const execution: Execution = {
    ...begun,
    prompt,
    assignment,
    connection,
    gate,
    turns,
    replies: new Map(),
    loop: noLoop,
    lastBytes: null,
  }
  for (const turn of turns) {
    for (const call of turn.calls.filter(isAnswered)) {
      countCall(execution, turn, call, { output: withoutLoopNotice(call.output ?? ''), isError: call.isError })
    }
  }
  return execution
}

/** The run's prompt, completed and stored before its first turn; afterwards it never changes. */
async function preparedPrompt(
  scope: Scope,
  run: Run,
  lease: Lease,
  assignment: Assignment,
  turns: StoredTurn[],
): Promise<RunPrompt> {
  const prompt = runPromptSchema.parse(run.prompt)
  if (!assignment.prepare || turns.length > 0) return prompt
  const prepared = await assignment.prepare(prompt, { scope, run })
  await storePrompt(lease, prepared)
  return prepared
}

async function converse(execution: Execution): Promise<void> {
  const { scope, run, lease, assignment, log, signal, turns } = execution
  for (;;) {
    const last = turns.at(-1)
    if (last) {
      const ending = await afterTurn(execution, last)
      if (ending === 'asking') return
      if (ending !== 'go-on') {
        const facts = await assignment.end(ending.result, { scope, run, log, signal })
        await finishRun(scope, lease, run, facts)
        return
      }
    }
    turns.push(await nextTurn(execution))
  }
}

/** What follows from the last stored turn: its open calls are run, its verdict is taken. */
async function afterTurn(
  execution: Execution,
  last: StoredTurn,
): Promise<'go-on' | 'asking' | Pick<RunEnding, 'result'>> {
  const { assignment, prompt, turns } = execution
  if (last.calls.length > 0) {
    const { scope, run, lease, log, signal } = execution
    const onResult = (turn: StoredTurn, call: StoredCall, result: CallResult) =>
      judgeRepeat(execution, turn, call, result)
    const outcome = await runPendingCalls({ scope, run, lease, log, signal, assignment, onResult }, last)
    if (outcome.kind === 'finish') return { result: { summary: outcome.summary } }
    return outcome.kind
  }
  const verdict: Verdict = assignment.judge(last, turns, prompt)
  if (verdict.kind === 'accept') return { result: verdict.result }
  if (verdict.kind === 'fail') {
    const { code, message, details } = verdict
    const kept = details === undefined ? undefined : { details }
    throw new RunError({ code, kind: 'unavailable', message, details: kept })
  }
  execution.replies.set(last.number, verdict.text)
  return 'go-on'
}

function countCall(execution: Execution, turn: StoredTurn, call: StoredCall, result: CallResult) {
  const made = {
    turn: turn.number,
    name: call.name,
    input: stableJson(call.input),
    ...result,
    changes: policyOf(call.name).changes,
  }
  const { state, verdict } = afterLoopCall(execution.loop, made)
  execution.loop = state
  return verdict
}

/** What the model reads as the result of a call, and what ends the attempt when it goes round in circles. */
function judgeRepeat(execution: Execution, turn: StoredTurn, call: StoredCall, result: CallResult) {
  const verdict = countCall(execution, turn, call, result)
  if (verdict.kind === 'go-on') return { output: result.output, ends: null }
  const output = withLoopNotice(result.output, call.name, verdict.repeats)
  if (verdict.kind === 'tell') return { output, ends: null }
  const message = `${execution.agent.name} went round in circles: it made the same ${call.name} call ${verdict.repeats + 1} times with the same result, also after it was told so. The attempt was ended; its files are kept.`
  return { output, ends: new RunError({ code: 'loop', kind: 'unavailable', message }) }
}

/** The conversation as it is sent next. */
function requestOf({ prompt, assignment, replies }: Execution, turns: readonly StoredTurn[]): Prompt {
  const reply = (turn: StoredTurn, index: number): string | null => {
    const known = replies.get(turn.number)
    if (known !== undefined) return known
    const verdict = assignment.judge(turn, turns.slice(0, index + 1), prompt)
    const text = verdict.kind === 'reply' ? verdict.text : null
    replies.set(turn.number, text)
    return text
  }
  return {
    system: prompt.system,
    transcript: buildTranscript(prompt, turns, reply),
    tools: [...assignment.tools],
    answer: assignment.answer,
  }
}

async function nextTurn(execution: Execution): Promise<StoredTurn> {
  const { run, agent, lease, connection, log, signal, turns } = execution
  const work = workOf(turns)
  const cap = reachedCap(agent, work, execution.limitMs)
  if (cap) throw new RunError({ ...cap, kind: 'unavailable' })
  const request = requestOf(execution, turns)
  const context: TurnContext = {
    model: connection.model,
    apiKey: connection.apiKey,
    baseUrl: connection.baseUrl,
    maxOutputTokens: agent.maxOutputTokens,
    idleTimeoutMs: agentsEnvironment().PROVIDER_IDLE_SECONDS * 1000,
    runId: run.id,
  }
  const startedAt = new Date()
  const began = performance.now()
  const { inputTokens, bytes } = worstInput(execution, request)
  const mostMs = Math.min(LONGEST_CALL_MS, execution.limitMs - work.ms)
  const number = turns.length + 1
  const spending = await spendingOf(
    { run, lease, turn: number, gate: execution.gate, context, inputTokens, mostMs, signal },
    startedAt,
  )
  const { result, tries } = await runTurn({
    connector: connection.connector,
    prompt: request,
    context,
    // A signal for each call: what listens to it can be forgotten with it.
    signal: AbortSignal.any([signal]),
    onEvent: (event) => {
      if (event.type === 'turn-start') spending.answered()
      logEvent(log, event)
    },
    onRetry: (notice) =>
      log.write('notice', `${notice.message} Trying again in ${(notice.delayMs / 1000).toFixed(1)} s.\n`),
    beforeTry: spending.beforeTry,
    afterTry: spending.afterTry,
  })
  execution.lastBytes = bytes
  const { price } = spending
  const stored = await storeTurn(lease, result, {
    number,
    requestHash: requestHash(request, context),
    tookMs: Math.round(performance.now() - began),
    tries,
    costMicroUsd: price && costMicroUsd(price.rates, result.usage, startedAt),
    priceId: price?.id ?? null,
  })
  if (run.heldSince) await noLongerHeld(run)
  return stored
}

/** Milliseconds of one model call at most. */
const LONGEST_CALL_MS = 20 * 60_000

/** What the attempt has used so far. */
function workOf(turns: readonly StoredTurn[]): Work {
  const calls = turns.flatMap((turn) => turn.calls)
  const ms = [...turns, ...calls].reduce((sum, { workMs = 0 }) => sum + workMs, 0)
  return { turns: turns.length, toolCalls: calls.length, ms }
}

function bytesOf({ system, transcript, tools, answer }: Prompt): number {
  return Buffer.byteLength(JSON.stringify([system, transcript, tools, answer ?? null]))
}

/** The most tokens a request can have: the last one as the provider counted it, and what is new in bytes. */
function worstInput(execution: Execution, request: Prompt): { inputTokens: number; bytes: number } {
  const { turns, agent } = execution
  const bytes = bytesOf(request)
  const counted = turns.at(-1)?.countedInput ?? null
  const before = counted === null ? null : (execution.lastBytes ?? bytesOf(requestOf(execution, turns.slice(0, -1))))
  const previous = counted === null || before === null ? null : { promptBytes: before, inputTokens: counted }
  const facts = { promptBytes: bytes, previous, maxOutputTokens: agent.maxOutputTokens }
  return { inputTokens: worstInputTokens(facts), bytes }
}

/** A call went through: the next time it is held back counts from then. */
async function noLongerHeld(run: Run): Promise<void> {
  run.heldSince = null
  await database().run.updateMany({ where: { id: run.id }, data: { heldSince: null } })
}

function logEvent(log: RunLog, event: TurnEvent): void {
  if (event.type === 'text-delta') log.write('text', event.text)
  else if (event.type === 'thinking-delta') log.write('thinking', event.text)
}
