import { describeFailures } from '#server/proofs/rules/failures'
import type { Review } from '#server/runs/model'
import { isEnded } from '#server/tasks/model'
import { assign, describeRefusals } from './assign'
import type { Facts, RunFact, TaskFact } from './facts'
import { noAgent, noReviewer, taskFailed } from './questions'
import type { Step } from './steps'

/** Attempts one agent gets at a task before another one is asked. */
export const ATTEMPTS_PER_AGENT = 3

/** Failures that the same agent would only repeat: its key, its credit, its model. */
const agentIsAtFault: ReadonlySet<string> = new Set([
  'authentication',
  'permission',
  'payment',
  'model-not-found',
  'no-credential',
  'invalid-request',
  'refused',
])

/** What must happen next for one task of a requirement in progress. */
export function taskSteps(task: TaskFact, facts: Facts): Step[] {
  switch (task.status) {
    case 'waiting':
    case 'ready':
      return whileWaiting(task, facts)
    case 'running':
      return whileRunning(task)
    case 'asking':
      return whileAsking(task, facts)
    case 'proving':
      return whileProving(task, facts)
    case 'reviewing':
      return whileReviewing(task, facts)
    case 'merging':
      return whileMerging(task)
    case 'done':
    case 'failed':
    case 'cancelled':
      return []
  }
}

function whileWaiting(task: TaskFact, facts: Facts): Step[] {
  const dependencies = facts.tasks.filter((other) => task.dependsOn.includes(other.id))
  const lost = dependencies.find((other) => isEnded(other.status) && other.status !== 'done')
  if (lost) return [{ kind: 'cancel-task', taskId: task.id, reason: `It builds on ${lost.ref}, which was not built.` }]
  if (!dependencies.every((other) => other.status === 'done')) return []
  const { chosen, candidates } = choose(task, facts)
  if (chosen) return [{ kind: 'start-task', taskId: task.id, assignment: chosen, attempt: task.attempt + 1 }]
  const question =
    task.agentsTried.length > 0
      ? taskFailed(task, facts, lastWords(task))
      : noAgent(task, facts, describeRefusals(candidates))
  return [{ kind: 'raise', question, taskId: task.id }]
}

/** The agent at work keeps the task until its attempts are used up; then the best of the others gets it. */
function choose(task: TaskFact, facts: Facts): ReturnType<typeof assign> {
  const wish = { capability: task.capability, providerMode: facts.project.providerMode, tried: task.agentsTried }
  const present = facts.agents.filter((agent) => agent.id === task.agentId)
  const again = task.attempt > 0 ? assign(present, wish) : { chosen: null, candidates: [] }
  return again.chosen ? again : assign(facts.agents, wish)
}

function lastWords(task: TaskFact): string {
  return task.run?.errorMessage || task.review?.errorMessage || 'its checks did not pass'
}

function whileRunning(task: TaskFact): Step[] {
  const { run } = task
  if (!run) return []
  if (run.status === 'finished') return [{ kind: 'request-proof', taskId: task.id, runId: run.id }]
  if (run.status === 'asking') return [{ kind: 'lay-aside', taskId: task.id }]
  if (run.status === 'failed') return [afterFailure(task, run)]
  return []
}

function afterFailure(task: TaskFact, run: RunFact): Step {
  const giveUpAgent = agentIsAtFault.has(run.errorCode ?? '') || task.attempt >= ATTEMPTS_PER_AGENT
  return sendBack(task, `The last attempt ended early: ${run.errorMessage}`, run.errorMessage, giveUpAgent)
}

function sendBack(task: TaskFact, feedback: string, reason: string, giveUpAgent?: boolean): Step {
  return {
    kind: 'send-back',
    taskId: task.id,
    feedback,
    reason,
    giveUpAgent: giveUpAgent ?? task.attempt >= ATTEMPTS_PER_AGENT,
  }
}

/** A task asks either for its agent (the run is laid aside) or for itself (nobody is left to do it). */
function whileAsking(task: TaskFact, facts: Facts): Step[] {
  const decision = facts.decisions.findLast((candidate) => candidate.taskId === task.id)
  if (!decision || decision.status === 'open') return []
  if (decision.kind === 'agent_question') {
    return task.run?.status === 'asking' && decision.runId === task.run.id
      ? [{ kind: 'resume-run', taskId: task.id, runId: task.run.id, decisionId: decision.id }]
      : []
  }
  if (decision.answer === 'cancel') {
    return [{ kind: 'cancel-requirement', reason: decision.comment || `${task.ref} could not be done.` }]
  }
  if (decision.answer === 'skip') {
    return [{ kind: 'fail-task', taskId: task.id, reason: decision.comment || 'Left out by decision.' }]
  }
  if (decision.kind === 'sandbox_missing' && task.run) {
    return [{ kind: 'request-proof', taskId: task.id, runId: task.run.id }]
  }
  if (decision.answer === 'accept' && task.run) return [{ kind: 'queue-merge', taskId: task.id, runId: task.run.id }]
  return [{ kind: 'start-over', taskId: task.id }]
}

function whileProving(task: TaskFact, facts: Facts): Step[] {
  const { run } = task
  const complete = task.acceptance.every((item) => task.checks.some((check) => check.acceptanceId === item.id))
  if (!run || !complete) return []
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
  return startReview(task, run, facts)
}

function startReview(task: TaskFact, run: RunFact, facts: Facts): Step[] {
  const author = facts.agents.find((agent) => agent.id === run.agentId)
  const { chosen, candidates } = assign(facts.agents, {
    capability: 'validation',
    providerMode: facts.project.providerMode,
    tried: task.reviewsTried,
    notConnector: author?.connector,
  })
  if (chosen) {
    const attempt = task.reviewsTried.length + 1
    return [{ kind: 'start-review', taskId: task.id, runId: run.id, assignment: chosen, attempt }]
  }
  return [{ kind: 'raise', question: noReviewer(task, facts, describeRefusals(candidates)), taskId: task.id }]
}

function whileReviewing(task: TaskFact, facts: Facts): Step[] {
  const { run, review } = task
  if (!run || !review) return []
  if (review.status === 'failed') return startReview(task, run, facts)
  if (review.status !== 'finished' || !review.verdict) return []
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

function whileMerging(task: TaskFact): Step[] {
  const { merge } = task
  if (!merge || merge.status === 'queued') return []
  if (merge.status === 'merged' && merge.mergedCommit) {
    return [{ kind: 'finish-task', taskId: task.id, mergedCommit: merge.mergedCommit }]
  }
  const what =
    merge.status === 'conflict' ? 'Others changed the same lines meanwhile' : 'It fails together with what others built'
  return [sendBack(task, `${what}. Start from the present state of the project.\n\n${merge.detail}`, what)]
}
