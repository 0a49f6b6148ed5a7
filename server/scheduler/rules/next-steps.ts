import type { DecisionDraft } from '#server/decisions/model'
import { isClosed } from '#server/requirements/model'
import { isEnded } from '#server/tasks/model'
import type { Assignment } from './assign'
import type { Facts } from './facts'
import { planSteps } from './plan-steps'
import { taskSteps } from './task-steps'

/** A question the scheduler puts to people; ids of project and requirement are added by the handler. */
export type Question = Omit<DecisionDraft, 'projectId' | 'requirementId'>

/** One change of state. The handler carries it out; deciding it needed nothing but facts. */
export type Step =
  | { kind: 'start-plan'; assignment: Assignment; attempt: number }
  | { kind: 'propose-plan'; runId: string }
  | { kind: 'accept-plan' }
  | { kind: 'reject-plan' }
  | { kind: 'start-task'; taskId: string; assignment: Assignment; attempt: number }
  | { kind: 'resume-run'; taskId: string; runId: string; decisionId: string }
  | { kind: 'lay-aside'; taskId: string }
  | { kind: 'request-proof'; taskId: string; runId: string }
  | { kind: 'start-review'; taskId: string; runId: string; assignment: Assignment; attempt: number }
  | { kind: 'queue-merge'; taskId: string; runId: string }
  | { kind: 'finish-task'; taskId: string; mergedCommit: string }
  | { kind: 'send-back'; taskId: string; feedback: string; reason: string; giveUpAgent: boolean }
  | { kind: 'start-over'; taskId: string }
  | { kind: 'raise'; question: Question; taskId?: string }
  | { kind: 'fail-task'; taskId: string; reason: string }
  | { kind: 'cancel-task'; taskId: string; reason: string }
  | { kind: 'cancel-requirement'; reason: string }
  | { kind: 'request-verification' }
  | { kind: 'close' }

/**
 * What must happen next in a requirement, from facts alone. Calling it again after its steps were carried out gives
 * the following ones; an empty list means that somebody else acts next: a run, a check, a merge or a person.
 */
export function nextSteps(facts: Facts): Step[] {
  if (isClosed(facts.requirement.status)) return []
  if (facts.requirement.status !== 'in_progress') return planSteps(facts)
  const steps = withinSlots(
    facts.tasks.flatMap((task) => taskSteps(task, facts)),
    facts,
  )
  if (steps.length > 0) return steps
  return closingSteps(facts)
}

/** Starts only as many runs as the chosen agents have slots free; the rest waits and is looked at again. */
function withinSlots(steps: Step[], facts: Facts): Step[] {
  const free = new Map(facts.agents.map((agent) => [agent.id, agent.maxConcurrent - agent.running]))
  return steps.filter((step) => {
    if (step.kind !== 'start-task' && step.kind !== 'start-review') return true
    const left = free.get(step.assignment.agentId) ?? 0
    free.set(step.assignment.agentId, left - 1)
    return left > 0
  })
}

function closingSteps(facts: Facts): Step[] {
  if (!facts.tasks.every((task) => isEnded(task.status))) return []
  const anythingBuilt = facts.tasks.some((task) => task.status === 'done')
  if (!anythingBuilt || facts.requirement.verification === 'recorded') return [{ kind: 'close' }]
  return facts.requirement.verification === 'none' ? [{ kind: 'request-verification' }] : []
}
