import { assign, describeRefusals } from './assign'
import type { Facts, RunFact, TaskFact } from './facts'
import { noReviewer } from './questions'
import type { Step, TaskStep } from './steps'

/** Attempts one agent gets at a task before another one is asked. */
export const ATTEMPTS_PER_AGENT = 3

/** Back to the start with what the next attempt must mend. */
export function sendBack(
  task: TaskFact,
  feedback: string,
  reason: string,
  more: { giveUp?: boolean; delayMs?: number } = {},
): TaskStep {
  return {
    kind: 'send-back',
    taskId: task.id,
    feedback,
    reason,
    giveUpAgent: more.giveUp ?? task.attempt >= ATTEMPTS_PER_AGENT,
    delayMs: more.delayMs ?? 0,
  }
}

/** A review by an agent on another connector; if there is none, people are asked. */
export function startReview(task: TaskFact, run: RunFact, facts: Facts): Step[] {
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
  return [{ kind: 'raise', question: noReviewer(task, describeRefusals(candidates)), taskId: task.id }]
}
