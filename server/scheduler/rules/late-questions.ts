import type { Option } from '#server/decisions/model'
import type { Question } from './steps'

/** Something unfinished that did not get on although the watchdog acted on it. */
export interface Late {
  ref: string
  /** how often the watchdog has acted */
  times: number
  /** what it waited for, in words */
  reason: string
}

const cancel: Option = { id: 'cancel', label: 'Stop', consequence: 'The requirement is cancelled.', reversible: false }
const onlyLate = 'Nothing of it was found to be wrong; it only did not end.'

const why = ({ times, reason }: Late): string => `It has been overdue ${times + 1} times: ${reason}`

/** A task, or its run or merge, does not get on: tried again from the start, left out, or everything stops. */
export function lateTask(taskId: string, late: Late, earlier: number): Question {
  return {
    taskId,
    kind: 'task_failed',
    question: `${late.ref} does not get on. What now?`,
    why: why(late),
    options: [
      { id: 'retry', label: 'Try again', consequence: 'The task starts over with all agents.', reversible: true },
      { id: 'skip', label: 'Leave it out', consequence: 'What builds on it is not built.', reversible: false },
      cancel,
    ],
    recommended: 'retry',
    recommendedWhy: onlyLate,
    dedupeKey: `${taskId}:overdue:${earlier}`,
  }
}

/** The plan, or the run that makes it, does not get on. */
export function latePlan(
  requirement: { id: string; number: number; title: string },
  late: Late,
  earlier: number,
): Question {
  return {
    kind: 'plan_failed',
    question: `The plan of R${requirement.number} "${requirement.title}" does not get on. What now?`,
    why: why(late),
    options: [
      { id: 'retry', label: 'Try again', consequence: 'All agents that can plan get a new attempt.', reversible: true },
      cancel,
    ],
    recommended: 'retry',
    recommendedWhy: onlyLate,
    dedupeKey: `${requirement.id}:overdue:${earlier}`,
    resumes: 'An agent starts to plan at once.',
  }
}
