import type { TaskStatus } from '#server/tasks/model'
import { type Situation, triesAgain } from '#server/tasks/rules/next-actor'
import type { Assignment } from './assign'
import type { DecisionFact, TaskFact } from './facts'
import type { RaiseStep, TaskStep } from './steps'

/** What a step changes on its task. What is left out stays as it is; `situation` is null when the task has ended. */
export interface TaskChange {
  status: TaskStatus
  statusReason: string
  situation: Situation | null
  attempt?: number
  agentId?: string | null
  agentsTried?: string[]
  wantedAgentId?: string | null
  assignment?: Assignment
  feedback?: string
  notBefore?: Date | null
  resultCommit?: string | null
  mergedCommit?: string | null
}

/** What carrying the step out has made: the run it started, the question it raised. */
export interface Made {
  runId: string | null
  decision: Pick<DecisionFact, 'id' | 'who' | 'question' | 'defaultLabel' | 'deadline'> | null
}

/** The change of a task by one step: the same for the database and for the model that tests drive. */
export function changeOf(step: TaskStep | RaiseStep, task: TaskFact, now: Date, made: Made): TaskChange {
  switch (step.kind) {
    case 'start-task': {
      const { agentId, agentName } = step.assignment
      return {
        status: 'running',
        statusReason: `${agentName} is at work.`,
        situation: atWork(made.runId, agentName, `works on it, attempt ${step.attempt}`),
        agentId,
        assignment: step.assignment,
        attempt: step.attempt,
        notBefore: null,
      }
    }
    case 'resume-run':
      return {
        status: step.status,
        statusReason: step.decisionId ? 'Going on with the answer.' : 'Going on.',
        situation: atWork(step.runId, task.assignedName ?? 'The agent', 'goes on'),
      }
    case 'go-on':
      return {
        status: step.status,
        statusReason: 'Going on.',
        situation: atWork(step.runId, task.assignedName ?? 'The agent', 'goes on'),
      }
    case 'start-review': {
      const { agentName } = step.assignment
      return {
        status: 'reviewing',
        statusReason: `${agentName} reviews the diff.`,
        situation: atWork(made.runId, agentName, 'reviews the diff'),
      }
    }
    case 'lay-aside':
      return {
        status: 'asking',
        statusReason: 'The agent waits for the answer of people.',
        situation: asked(task.decision),
      }
    case 'raise':
      return {
        status: 'asking',
        statusReason: `Waits for a decision: ${step.question.question}`,
        situation: asked(made.decision),
      }
    case 'request-proof':
      return {
        status: 'proving',
        statusReason: 'Orchestrator re-runs the acceptance commands.',
        situation: { kind: 'proof', commands: step.commands },
        resultCommit: task.run?.commit ?? null,
      }
    case 'queue-merge':
      return {
        status: 'merging',
        statusReason: 'In the merge queue of the project.',
        situation: { kind: 'merge' },
        resultCommit: task.run?.commit ?? null,
      }
    default:
      return backOrEnd(step, task, now)
  }
}

type BackOrEnd = Extract<TaskStep, { kind: 'finish-task' | 'send-back' | 'start-over' | 'fail-task' }>

function backOrEnd(step: BackOrEnd, task: TaskFact, now: Date): TaskChange {
  switch (step.kind) {
    case 'finish-task':
      return { status: 'done', statusReason: step.reason, situation: null, mergedCommit: step.mergedCommit }
    case 'fail-task':
      return { status: 'failed', statusReason: step.reason, situation: null }
    case 'start-over':
      return {
        status: 'ready',
        statusReason: 'Starting over.',
        situation: { kind: 'turn' },
        attempt: 0,
        agentsTried: [],
        agentId: null,
        notBefore: null,
      }
    case 'send-back': {
      const until = step.delayMs > 0 ? new Date(now.getTime() + step.delayMs) : null
      const givenUp = step.giveUpAgent && task.agentId !== null
      return {
        status: 'ready',
        statusReason: step.reason,
        situation: until ? triesAgain(until, step.reason) : { kind: 'turn' },
        feedback: step.feedback,
        notBefore: until,
        ...(givenUp
          ? {
              agentsTried: [...task.agentsTried, task.agentId as string],
              attempt: 0,
              agentId: null,
              wantedAgentId: task.wantedAgentId === task.agentId ? null : task.wantedAgentId,
            }
          : {}),
      }
    }
  }
}

function atWork(runId: string | null, agentName: string, doing: string): Situation {
  return runId ? { kind: 'agent', runId, agentName, doing } : { kind: 'scheduler' }
}

function asked(decision: Made['decision']): Situation {
  if (!decision) return { kind: 'scheduler' }
  const { id, who = null, question, defaultLabel, deadline } = decision
  return { kind: 'decision', id, who, question, default: defaultLabel, deadline }
}
