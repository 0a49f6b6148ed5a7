import { backoff } from '#server/kernel/backoff'
import { describeFailures } from '#server/proofs/rules/failures'
import type { Review } from '#server/runs/model'
import { afterAnswer } from './answered'
import type { Facts, RunFact, TaskFact } from './facts'
import { ATTEMPTS_PER_AGENT, sendBack, startReview } from './moves'
import { mergesCollide } from './questions'
import type { Step, TaskStep } from './steps'

/** Failures that the same agent would only repeat: its key, its credit, its model. */
const agentIsAtFault: ReadonlySet<string> = new Set([
  'authentication',
  'permission',
  'payment',
  'model-not-found',
  'no-credential',
  'invalid-request',
  'refused',
  'loop',
])

/** People decided to end it at the wall of its budget. */
const AT_THE_WALL = 'budget-wall'

/** Failures that time mends: the next attempt waits a little, longer each time. */
const passing: ReadonlySet<string> = new Set([
  'rate-limited',
  'overloaded',
  'server',
  'connection',
  'stream-cut',
  'idle',
  'deadline',
  'malformed-response',
])
const RETRY_BASE_MS = 2_000
const RETRY_CAP_MS = 5 * 60_000

/** What must happen next for a task in flight. */
export function taskSteps(task: TaskFact, facts: Facts): Step[] {
  switch (task.status) {
    case 'running':
      return whileRunning(task, facts)
    case 'asking':
      return afterAnswer(task, facts)
    case 'proving':
      return whileProving(task, facts)
    case 'reviewing':
      return whileReviewing(task, facts)
    case 'merging':
      return whileMerging(task)
    default:
      return []
  }
}

const unblocks = (task: TaskFact, run: RunFact): boolean =>
  task.decision !== null && (task.decision.runId === run.id || task.decision.id === run.waitsFor)

function whileRunning(task: TaskFact, facts: Facts): Step[] {
  const { run } = task
  if (!run) return [{ kind: 'start-over', taskId: task.id }]
  switch (run.status) {
    case 'queued':
    case 'running':
      return []
    case 'asking':
      return unblocks(task, run) ? [{ kind: 'lay-aside', taskId: task.id, runId: run.id }] : [lost(task)]
    case 'paused':
      return whileAside(task, run, 'running')
    case 'finished':
      return afterFinish(task, run, facts)
    case 'failed':
      return [afterFailure(task, run)]
    case 'cancelled':
      return [lost(task)]
  }
}

/** Its run is gone or waits for nobody: the same agent starts again. */
function lost(task: TaskFact): TaskStep {
  return sendBack(task, task.run?.errorMessage ?? '', 'The attempt was stopped; a new one starts.', { giveUp: false })
}

/**
 * A run waits for an answer, or was paused, perhaps in the moment in which it asked. One that only people or a lack of
 * room hold back goes on; an old question of it that is answered says nothing about that.
 */
function whileAside(task: TaskFact, run: RunFact, status: 'running' | 'reviewing'): Step[] {
  const asks = run.status === 'asking' ? task.decision?.status !== 'withdrawn' : task.decision?.status === 'open'
  if (asks && unblocks(task, run)) return [{ kind: 'lay-aside', taskId: task.id, runId: run.id }]
  if (run.held) return []
  return [{ kind: 'resume-run', taskId: task.id, runId: run.id, agentId: run.agentId, decisionId: null, status }]
}

/** Evidence is asked for whatever has acceptance commands; only what has none and changed nothing needs none. */
function afterFinish(task: TaskFact, run: RunFact, facts: Facts): Step[] {
  if (task.acceptance.length > 0) {
    return [{ kind: 'request-proof', taskId: task.id, runId: run.id, commands: task.acceptance.length }]
  }
  return run.changed ? startReview(task, run, facts) : [unchanged(task, run)]
}

function unchanged(task: TaskFact, run: RunFact): TaskStep {
  const reason =
    task.acceptance.length === 0
      ? 'Done: it changed no file and has no check.'
      : 'Proven; it changed no file, so there was nothing to review or merge.'
  return { kind: 'finish-task', taskId: task.id, mergedCommit: run.commit, reason }
}

function afterFailure(task: TaskFact, run: RunFact): Step {
  const code = run.errorCode ?? ''
  if (code === AT_THE_WALL) return { kind: 'fail-task', taskId: task.id, reason: run.errorMessage }
  const giveUp = agentIsAtFault.has(code) || task.attempt >= ATTEMPTS_PER_AGENT
  const delayMs = passing.has(code) ? backoff(task.attempt, RETRY_BASE_MS, RETRY_CAP_MS, fraction(run.id)) : 0
  return sendBack(task, `The last attempt ended early: ${run.errorMessage}`, run.errorMessage, { giveUp, delayMs })
}

/** A number in [0, 1) that is the same each time for one run and different between runs: jitter without chance. */
function fraction(id: string): number {
  let hash = 2_166_136_261
  for (const letter of id) hash = Math.imul(hash ^ letter.charCodeAt(0), 16_777_619)
  return (hash >>> 0) / 4_294_967_296
}

function whileProving(task: TaskFact, facts: Facts): Step[] {
  const { run } = task
  if (!run) return [{ kind: 'start-over', taskId: task.id }]
  const complete = task.acceptance.every((item) => task.checks.some((check) => check.acceptanceId === item.id))
  if (!complete) return []
  const failed = task.checks.filter((check) => !check.passed)
  if (failed.length > 0) {
    const reason = `${failed.length} of ${task.checks.length} checks failed: ${failed[0]?.command ?? ''}`
    return [
      sendBack(
        task,
        `The orchestrator re-ran your acceptance commands in a clean checkout.\n\n${describeFailures(failed)}`,
        reason,
      ),
    ]
  }
  return run.changed ? startReview(task, run, facts) : [unchanged(task, run)]
}

function whileReviewing(task: TaskFact, facts: Facts): Step[] {
  const { run, review } = task
  if (!run) return [{ kind: 'start-over', taskId: task.id }]
  if (review?.status === 'failed' && review.errorCode === AT_THE_WALL) return [afterFailure(task, review)]
  if (!review || review.status === 'failed' || review.status === 'cancelled') return startReview(task, run, facts)
  if (review.status === 'paused' || review.status === 'asking') return whileAside(task, review, 'reviewing')
  if (review.status !== 'finished') return []
  if (!review.verdict) return startReview(task, run, facts)
  if (review.verdict.verdict === 'approve') return [{ kind: 'queue-merge', taskId: task.id, runId: run.id }]
  const findings = describeFindings(review.verdict)
  return [
    sendBack(task, `The reviewer asks for changes.\n\n${findings}`, `Changes asked for: ${review.verdict.summary}`),
  ]
}

function describeFindings(review: Review): string {
  const lines = review.findings.map(
    (finding) =>
      `- ${finding.severity}: ${finding.text}${finding.path ? ` (${finding.path})` : ''}${finding.statement ? ` [${finding.statement}]` : ''}`,
  )
  return [review.summary, ...lines].join('\n')
}

/** Conflicts of one task after which people are asked, instead of trying the same once more. */
const CONFLICTS_BEFORE_ASKING = 3

function whileMerging(task: TaskFact): Step[] {
  const { merge, run } = task
  if (!run) return [{ kind: 'start-over', taskId: task.id }]
  if (!merge) return [{ kind: 'queue-merge', taskId: task.id, runId: run.id }]
  if (merge.status === 'queued') return []
  if (merge.status === 'merged' && merge.mergedCommit) {
    return [{ kind: 'finish-task', taskId: task.id, mergedCommit: merge.mergedCommit, reason: 'Proven and merged.' }]
  }
  const what =
    merge.status === 'conflict' ? 'Others changed the same lines meanwhile' : 'It fails together with what others built'
  const { conflicts = 0 } = merge
  if (conflicts >= CONFLICTS_BEFORE_ASKING) {
    return [{ kind: 'raise', question: mergesCollide(task, conflicts), taskId: task.id }]
  }
  return [sendBack(task, `${what}. Start from the present state of the project.\n\n${merge.detail}`, what)]
}
