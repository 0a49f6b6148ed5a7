import { requestHash, runTurn } from '#server/agents/bridge'
import { type Connection, connectionFor } from '#server/agents/connection'
import { ProviderError } from '#server/agents/errors'
import type { Prompt, TurnEvent } from '#server/agents/ports'
import { costOf } from '#server/agents/rules/pricing'
import type { Scope } from '#server/auth/model'
import { AppError, messageOf } from '#server/kernel/app-error'
import { database } from '#server/platform/database/client'
import type { Agent, Run } from '#server/platform/database/generated/client'
import { agentsEnvironment } from '#server/platform/env/agents'
import { logger } from '#server/platform/logging/logger'
import { runPendingCalls } from './calls'
import { RunError } from './errors'
import { claimRun, countTurns, failRun, finishRun, type Lease, loadTurns, storePrompt, storeTurn } from './journal'
import { RunLog } from './log'
import type { Assignment, RunEnding, Verdict } from './ports'
import { buildTranscript, type RunPrompt, runPromptSchema, type StoredTurn } from './rules/transcript'

/** Everything one execution of a run works with. */
interface Execution {
  scope: Scope
  run: Run
  agent: Agent
  lease: Lease
  prompt: RunPrompt
  assignment: Assignment
  connection: Connection
  log: RunLog
  signal: AbortSignal
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
  const claimed = await claimRun(scope, runId, options.worker)
  if (!claimed) return
  const { run, lease } = claimed
  const log = await RunLog.open(run)
  try {
    const agent = await database().agent.findFirstOrThrow({
      where: { id: run.agentId, organizationId: scope.organizationId },
    })
    const connection = await connectionFor(scope, agent, run.providerMode)
    const assignment = options.assignmentFor(run)
    const prompt = await preparedPrompt(scope, run, lease, assignment)
    const stop = new AbortController()
    const watch = watchLease(lease, stop)
    const signal = AbortSignal.any([options.signal, stop.signal])
    try {
      await converse({ scope, run, agent, lease, prompt, assignment, connection, log, signal })
    } finally {
      clearInterval(watch)
    }
  } catch (error) {
    await settleFailure(scope, run, lease, log, error, options.signal)
  } finally {
    await log.close()
  }
}

/** The run's prompt, completed and stored before its first turn; afterwards it never changes. */
async function preparedPrompt(scope: Scope, run: Run, lease: Lease, assignment: Assignment): Promise<RunPrompt> {
  const prompt = runPromptSchema.parse(run.prompt)
  if (!assignment.prepare || (await countTurns(run.id)) > 0) return prompt
  const prepared = await assignment.prepare(prompt, { scope, run })
  await storePrompt(lease, prepared)
  return prepared
}

/** Milliseconds until a cancelled or taken-over run notices while it waits for a model or a command. */
const LEASE_WATCH_MS = 1_000

/** Stops the work as soon as the lease is gone: cancelled by a person, or taken over. */
function watchLease(lease: Lease, stop: AbortController): NodeJS.Timeout {
  return setInterval(() => {
    database()
      .run.findUnique({ where: { id: lease.runId }, select: { lease: true } })
      .then((row) => row?.lease !== lease.number && stop.abort(new Error('lease lost')))
      .catch(() => {}) // the database is away for a moment: the next write decides
  }, LEASE_WATCH_MS)
}

async function converse(execution: Execution): Promise<void> {
  const { scope, run, lease, assignment, log, signal } = execution
  for (;;) {
    let turns = await loadTurns(run.id)
    const last = turns.at(-1)
    if (last) {
      const ending = await afterTurn(execution, last, turns)
      if (ending === 'asking') return
      if (ending !== 'go-on') {
        const facts = await assignment.end(ending.result, { scope, run, log, signal })
        await finishRun(scope, lease, run, facts)
        return
      }
      if (last.calls.length > 0) turns = await loadTurns(run.id)
    }
    await nextTurn(execution, turns)
  }
}

/** What follows from the last stored turn: its open calls are run, its verdict is taken. */
async function afterTurn(
  execution: Execution,
  last: StoredTurn,
  turns: StoredTurn[],
): Promise<'go-on' | 'asking' | Pick<RunEnding, 'result'>> {
  const { assignment, prompt } = execution
  if (last.calls.length > 0) {
    const { scope, run, lease, log, signal } = execution
    const outcome = await runPendingCalls({ scope, run, lease, log, signal, assignment }, last)
    if (outcome.kind === 'finish') return { result: { summary: outcome.summary } }
    return outcome.kind
  }
  const verdict: Verdict = assignment.judge(last, turns, prompt)
  if (verdict.kind === 'accept') return { result: verdict.result }
  if (verdict.kind === 'fail') {
    throw new RunError({
      code: verdict.code,
      kind: 'unavailable',
      message: verdict.message,
      details: asRecord(verdict.details),
    })
  }
  return 'go-on'
}

function asRecord(details: unknown): Record<string, unknown> | undefined {
  return details === undefined ? undefined : { details }
}

async function nextTurn(execution: Execution, turns: StoredTurn[]): Promise<void> {
  const { run, agent, lease, prompt, assignment, connection, log, signal } = execution
  if (turns.length >= agent.maxTurns) {
    throw new RunError({
      code: 'turn-limit',
      kind: 'unavailable',
      message: `${agent.name} used its ${agent.maxTurns} turns without finishing.`,
    })
  }
  const request: Prompt = {
    system: prompt.system,
    transcript: buildTranscript(prompt, turns, (turn, index) => {
      const verdict = assignment.judge(turn, turns.slice(0, index + 1), prompt)
      return verdict.kind === 'reply' ? verdict.text : null
    }),
    tools: [...assignment.tools],
    answer: assignment.answer,
  }
  const context = {
    model: connection.model,
    apiKey: connection.apiKey,
    baseUrl: connection.baseUrl,
    maxOutputTokens: agent.maxOutputTokens,
    idleTimeoutMs: agentsEnvironment().PROVIDER_IDLE_SECONDS * 1000,
    runId: run.id,
  }
  const startedAt = new Date()
  const { result, tries } = await runTurn({
    connector: connection.connector,
    prompt: request,
    context,
    // A signal for each call: what listens to it can be forgotten with it.
    signal: AbortSignal.any([signal]),
    onEvent: (event) => logEvent(log, event),
    onRetry: (notice) =>
      log.write('notice', `${notice.message} Trying again in ${(notice.delayMs / 1000).toFixed(1)} s.\n`),
  })
  const price = run.providerMode === 'scripted' ? null : costOf(result.model, result.usage, startedAt)
  await storeTurn(lease, result, {
    number: turns.length + 1,
    requestHash: requestHash(request, context),
    startedAt,
    tries,
    costMicroUsd: price?.costMicroUsd ?? null,
    priceId: price?.priceId ?? null,
  })
}

function logEvent(log: RunLog, event: TurnEvent): void {
  if (event.type === 'text-delta') log.write('text', event.text)
  else if (event.type === 'thinking-delta') log.write('thinking', event.text)
}

/** A failure of the run is stored with its reason; a failure of this worker is left to the queue, which tries again. */
async function settleFailure(
  scope: Scope,
  run: Run,
  lease: Lease,
  log: RunLog,
  error: unknown,
  stopping: AbortSignal,
): Promise<void> {
  if (error instanceof RunError && (error.code === 'lease-lost' || error.code === 'run-cancelled')) {
    log.write('notice', `${error.message}\n`)
    return
  }
  if (stopping.aborted) throw error
  const row = await database().run.findUnique({ where: { id: run.id }, select: { lease: true } })
  if (row?.lease !== lease.number) {
    log.write('notice', 'Stopped: the run was cancelled or another worker has taken it over.\n')
    return
  }
  const known = error instanceof ProviderError || error instanceof AppError
  if (!known) logger().error({ err: error, runId: run.id }, 'a run failed for a reason we did not foresee')
  const code = known ? error.code : 'internal'
  const message = known
    ? error.message
    : `Orchestrator itself failed: ${messageOf(error)}. The run was stopped; its work so far is kept.`
  log.write('error', `${message}\n`)
  await failRun(scope, lease, run, { code, message, details: known ? error.details : undefined })
}
