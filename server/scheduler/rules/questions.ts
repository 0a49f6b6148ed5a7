import type { Option } from '#server/decisions/model'
import type { Facts, TaskFact } from './facts'
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

function key(task: TaskFact, facts: Facts, kind: string): string {
  const earlier = facts.decisions.filter((decision) => decision.taskId === task.id && decision.kind === kind).length
  return `${task.id}:${kind}:${earlier}`
}

function blocks(task: TaskFact, facts: Facts): string {
  const waiting = facts.tasks.filter((other) => other.dependsOn.includes(task.id)).map((other) => other.ref)
  return waiting.length === 0
    ? 'Nothing else waits for it.'
    : `${waiting.join(', ')} wait${waiting.length === 1 ? 's' : ''} for it.`
}

export function taskFailed(task: TaskFact, facts: Facts, lastWords: string): Question {
  return {
    taskId: task.id,
    kind: 'task_failed',
    question: `${task.ref} "${task.title}" did not succeed with any agent. What now?`,
    why: `${blocks(task, facts)} The last attempt ended so: ${lastWords}`,
    options: [retry, skip, cancel],
    recommended: 'skip',
    recommendedWhy: 'Everything that does not need it is still built, and the result says honestly what is missing.',
    dedupeKey: key(task, facts, 'task_failed'),
  }
}

export function noAgent(task: TaskFact, facts: Facts, refusals: string): Question {
  return {
    taskId: task.id,
    kind: 'no_agent',
    question: `No agent can do ${task.ref} "${task.title}". What now?`,
    why: `It needs the capability ${task.capability}. ${refusals}. ${blocks(task, facts)}`,
    options: [{ ...retry, consequence: 'After an agent was enabled or a key was added.' }, skip, cancel],
    recommended: 'retry',
    recommendedWhy: 'Enable an agent under Agents or add a key under Settings → Provider keys first.',
    dedupeKey: key(task, facts, 'no_agent'),
  }
}

export function noReviewer(task: TaskFact, facts: Facts, refusals: string): Question {
  return {
    taskId: task.id,
    kind: 'no_agent',
    question: `Nobody can review ${task.ref} "${task.title}". Merge it on its evidence alone?`,
    why: `Its checks passed. A review needs an agent with the capability validation on another connector than the implementer's. ${refusals}. ${blocks(task, facts)}`,
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
        reversible: true,
      },
      skip,
      cancel,
    ],
    recommended: 'accept',
    recommendedWhy: 'The orchestrator itself re-ran every acceptance command and all passed.',
    dedupeKey: key(task, facts, 'no_agent'),
  }
}
