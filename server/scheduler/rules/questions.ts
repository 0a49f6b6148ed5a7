import type { Option } from '#server/decisions/model'
import type { TaskFact } from './facts'
import type { Question } from './steps'

const retry: Option = {
  id: 'retry',
  label: 'Try again',
  consequence: 'All agents that fit get new attempts.',
  reversible: true,
}
const skip: Option = {
  id: 'skip',
  label: 'Leave it out',
  consequence: 'The task ends as failed, what builds on it is not built, and the requirement ends partly done.',
  reversible: false,
}
const cancel: Option = {
  id: 'cancel',
  label: 'Stop the requirement',
  consequence: 'Everything that is running stops. What is merged stays.',
  reversible: false,
}

/** Raised twice from the same facts it is one question; after an answer it is a new one. */
function key(task: TaskFact, kind: string): string {
  return `${task.id}:${kind}:${task.asked}`
}

function blocks(task: TaskFact): string {
  const waiting = task.dependants
  return waiting.length === 0
    ? 'Nothing else waits for it.'
    : `${waiting.join(', ')} wait${waiting.length === 1 ? 's' : ''} for it.`
}

/** Who goes on afterwards, and what is known for finding similar decisions. */
function situationOf(task: TaskFact): Pick<Question, 'resumes' | 'features'> {
  return {
    resumes: `Orchestrator goes on with ${task.ref} at once.`,
    features: { errorClass: task.run?.errorCode ?? null, attempt: task.agentsTried.length },
  }
}

/** The changes of one task collide again and again with what others merge. */
export function mergesCollide(task: TaskFact, conflicts: number): Question {
  return {
    taskId: task.id,
    kind: 'merge_conflict',
    question: `${task.ref} "${task.title}" collided with merged work ${conflicts} times. What now?`,
    why: `${blocks(task)} Each attempt started from what was merged then, and others changed the same lines meanwhile. Last time: ${task.merge?.detail.slice(0, 600) ?? ''}`,
    options: [
      {
        ...retry,
        label: 'Try again from what is merged now',
        consequence: 'A new attempt starts from the present state, with both sides of the conflict before it.',
      },
      skip,
      cancel,
    ],
    recommended: 'retry',
    recommendedWhy: 'Most collisions end once the other tasks are merged.',
    dedupeKey: key(task, 'merge_conflict'),
    ...situationOf(task),
  }
}

export function taskFailed(task: TaskFact, lastWords: string): Question {
  return {
    taskId: task.id,
    kind: 'task_failed',
    question: `${task.ref} "${task.title}" did not succeed with any agent. What now?`,
    why: `${blocks(task)} The last attempt ended so: ${lastWords}`,
    options: [retry, skip, cancel],
    recommended: 'skip',
    recommendedWhy: 'Everything that does not need it is still built, and the result says honestly what is missing.',
    dedupeKey: key(task, 'task_failed'),
    ...situationOf(task),
  }
}

export function noAgent(task: TaskFact, refusals: string): Question {
  return {
    taskId: task.id,
    kind: 'no_agent',
    question: `No agent can do ${task.ref} "${task.title}". What now?`,
    why: `It needs the capability ${task.capability}. ${refusals}. ${blocks(task)}`,
    options: [{ ...retry, consequence: 'After an agent was enabled or a key was added.' }, skip, cancel],
    recommended: 'retry',
    recommendedWhy: 'Enable an agent under Agents or add a key under Settings → Provider keys first.',
    dedupeKey: key(task, 'no_agent'),
    ...situationOf(task),
  }
}

export function noReviewer(task: TaskFact, refusals: string): Question {
  return {
    taskId: task.id,
    kind: 'no_agent',
    question: `Nobody can review ${task.ref} "${task.title}". Merge it on its evidence alone?`,
    why: `Its checks passed. A review needs an agent with the capability validation on another connector than the implementer's. ${refusals}. ${blocks(task)}`,
    options: [
      {
        ...retry,
        label: 'Have it done and reviewed again',
        consequence: 'After a reviewer was enabled or a key was added.',
      },
      {
        id: 'accept',
        label: 'Merge without review',
        consequence: 'The evidence counts; the missing review is recorded.',
        reversible: false,
      },
      skip,
      cancel,
    ],
    recommended: 'accept',
    recommendedWhy: 'The orchestrator itself re-ran every acceptance command and all passed.',
    dedupeKey: key(task, 'no_agent'),
    ...situationOf(task),
  }
}
