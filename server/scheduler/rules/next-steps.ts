import { isClosed } from '#server/requirements/model'
import type { AgentFact, Facts } from './facts'
import { planSteps } from './plan-steps'
import type { NoRoom, Slots } from './slots'
import { isStart, type Step } from './steps'
import { taskSteps } from './task-steps'

/** What must happen next, and what was due but rests: for want of room, or because people paused it. */
export interface Next {
  steps: Step[]
  paused: { taskId: string; by: string }[]
  held: { taskId: string | null; agentId: string; noRoom: NoRoom }[]
}

/**
 * What must happen next to what is under way: the plan, the tasks in flight, the end. From facts alone. Called again
 * after its steps were carried out it gives the following ones; an empty list means that somebody else acts next: a
 * run, a check, a merge, a timer or a person. Ready tasks are started by `startSteps`.
 */
export function nextSteps(facts: Facts, slots: Slots): Next {
  if (isClosed(facts.requirement.status)) return { steps: [], held: [], paused: [] }
  const steps =
    facts.requirement.status === 'in_progress'
      ? facts.tasks.flatMap((task) => taskSteps(task, facts))
      : planSteps(facts)
  const due = steps.filter((step) => !isPaused(step, facts))
  return { ...withinSlots(due, facts, slots), paused: restingTasks(facts, steps, due) }
}

function isPaused(step: Step, facts: Facts): boolean {
  if (!isStart(step)) return false
  if (facts.requirement.pausedBy !== null) return true
  const taskId = 'taskId' in step ? step.taskId : undefined
  return taskId !== undefined && facts.tasks.some((task) => task.id === taskId && task.pausedBy !== null)
}

/** Tasks in flight in which nothing happens until people go on: they say so, whatever they waited for before. */
function restingTasks(facts: Facts, steps: readonly Step[], due: readonly Step[]): Next['paused'] {
  const of = (list: readonly Step[], id: string) => list.some((step) => 'taskId' in step && step.taskId === id)
  return facts.tasks.flatMap((task) => {
    const by = facts.requirement.pausedBy ?? task.pausedBy
    if (by === null || of(due, task.id)) return []
    const run = { running: task.run, reviewing: task.review }[task.status as string]
    return of(steps, task.id) || run?.status === 'paused' ? [{ taskId: task.id, by }] : []
  })
}

/** Starts only as many runs as there is room for; the rest is looked at again when room comes free. */
function withinSlots(steps: Step[], facts: Facts, slots: Slots): Omit<Next, 'paused'> {
  const next: Omit<Next, 'paused'> = { steps: [], held: [] }
  for (const step of steps) {
    const agent = agentOf(step, facts)
    const noRoom = agent && slots.refusal(agent)
    if (agent && noRoom) {
      next.held.push({ taskId: 'taskId' in step ? (step.taskId ?? null) : null, agentId: agent.id, noRoom })
      continue
    }
    if (agent) slots.take(agent)
    next.steps.push(step)
  }
  return next
}

/** The agent whose slot a step takes. */
function agentOf(step: Step, facts: Facts): AgentFact | undefined {
  const id = slotTaker(step, facts)
  return id === null ? undefined : facts.agents.find((agent) => agent.id === id)
}

function slotTaker(step: Step, facts: Facts): string | null {
  switch (step.kind) {
    case 'start-plan':
    case 'start-review':
      return step.assignment.agentId
    case 'resume-run':
      return step.agentId
    case 'resume-plan':
      return facts.planRuns.find((run) => run.id === step.runId)?.agentId ?? null
    default:
      return null
  }
}

/**
 * The end of a requirement, once nothing of its plan is left: verify what was merged, then close. Tasks that are left
 * although nothing can start are counted anew: whoever changed the plan may have left them behind.
 */
export function closingSteps(facts: Facts): Step[] {
  if (facts.requirement.status !== 'in_progress') return []
  const { unfinished, inFlight, startable, done } = facts.counts
  if (unfinished) return inFlight || startable ? [] : [{ kind: 'recount' }]
  // What people have paused neither goes on nor ends before they go on.
  if (facts.requirement.pausedBy !== null) return []
  if (!done || facts.requirement.verification === 'recorded') return [{ kind: 'close' }]
  return facts.requirement.verification === 'none' ? [{ kind: 'request-verification' }] : []
}
