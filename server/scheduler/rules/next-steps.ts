import { isClosed } from '#server/requirements/model'
import { isEnded } from '#server/tasks/model'
import type { Facts } from './facts'
import { planSteps } from './plan-steps'
import type { Step } from './steps'
import { taskSteps } from './task-steps'

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
