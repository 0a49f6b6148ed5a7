import type { DecisionFact, Facts, RunFact, TaskFact } from './facts'
import { sendBack, startReview } from './moves'
import type { Step } from './steps'

/** What follows once the question that a task waits for has been answered. */
export function afterAnswer(task: TaskFact, facts: Facts): Step[] {
  const { decision, run } = task
  const moved = movedOn(task)
  if (moved) return moved
  if (decision === null) return [{ kind: 'start-over', taskId: task.id }]
  if (decision.status === 'open') return []
  if (decision.kind === 'budget_wall') return afterWall(task, decision, facts)
  if (decision.kind === 'agent_question' || decision.kind === 'risky_call') {
    // Paused in the moment in which it asked: it asks once more when it goes on, and finds the answer.
    return (run?.status === 'asking' || run?.status === 'paused') && decision.runId === run.id
      ? [resume(task, run, decision.id)]
      : [{ kind: 'start-over', taskId: task.id }]
  }
  if (decision.answer === 'cancel') {
    return [{ kind: 'cancel-requirement', reason: decision.comment || `${task.ref} could not be done.` }]
  }
  if (decision.answer === 'skip') {
    return [{ kind: 'fail-task', taskId: task.id, reason: decision.comment || 'Left out by decision.' }]
  }
  if (decision.kind === 'sandbox_missing' && run) {
    return [{ kind: 'request-proof', taskId: task.id, runId: run.id, commands: task.acceptance.length }]
  }
  if (decision.answer === 'accept' && run) return [{ kind: 'queue-merge', taskId: task.id, runId: run.id }]
  if (decision.kind === 'merge_conflict') {
    const feedback = `Start from the present state of the project.\n\n${task.merge?.detail ?? ''}`
    return [
      sendBack(task, feedback, 'It collided with merged work, and was decided to be tried again.', { giveUp: false }),
    ]
  }
  return [{ kind: 'start-over', taskId: task.id }]
}

/** Questions for which a run is laid aside; the others are about the task itself. */
const ofRuns: ReadonlySet<string> = new Set(['agent_question', 'risky_call', 'budget_wall'])

/** The run that asked goes on already, or has ended since: others have set it going, and the task follows. */
function movedOn(task: TaskFact): Step[] | null {
  const { decision, run, review } = task
  const asker = [review, run].find((candidate) => candidate && isAsker(candidate, decision))
  if (!asker || asker.status === 'asking' || asker.status === 'paused') return null
  const stopped = decision?.kind === 'budget_wall' && decision.status === 'answered' && decision.answer === 'stop'
  if (stopped) return null
  return [
    { kind: 'go-on', taskId: task.id, runId: asker.id, status: asker.id === review?.id ? 'reviewing' : 'running' },
  ]
}

function isAsker(run: RunFact, decision: DecisionFact | null): boolean {
  if (run.status === 'queued' || run.status === 'running') return true
  if (decision === null || decision.kind === 'budget_wall') return true
  return ofRuns.has(decision.kind) && decision.runId === run.id
}

function resume(task: TaskFact, run: RunFact, decisionId: string): Step {
  const status = run.id === task.review?.id ? 'reviewing' : 'running'
  return { kind: 'resume-run', taskId: task.id, runId: run.id, agentId: run.agentId, decisionId, status }
}

/** At the budget's wall: more money (raised by its own command), an end, or somebody who costs less. */
function afterWall(task: TaskFact, decision: DecisionFact, facts: Facts): Step[] {
  const run = [task.review, task.run].find((candidate) => candidate?.id === decision.runId) ?? null
  if (decision.answer === 'stop') {
    return [{ kind: 'fail-task', taskId: task.id, reason: decision.comment || 'Stopped at the wall of its budget.' }]
  }
  // Whoever settles the budget moves the runs that wait for it; the task follows.
  if ([task.review, task.run].some((candidate) => candidate?.waitsFor === decision.id)) return []
  if (decision.answer === 'cheaper') {
    if (run && run.id === task.review?.id && task.run) return startReview(task, task.run, facts)
    return [sendBack(task, task.run?.errorMessage ?? '', 'An agent that costs less goes on.', { giveUp: true })]
  }
  if (run && (run.status === 'paused' || run.status === 'asking')) return [resume(task, run, decision.id)]
  return [sendBack(task, run?.errorMessage ?? '', 'The budget was raised; a new attempt starts.', { giveUp: false })]
}
