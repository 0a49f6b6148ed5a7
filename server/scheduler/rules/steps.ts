import type { DecisionDraft } from '#server/decisions/model'
import type { Assignment } from './assign'

/** A question the scheduler puts to people; ids of project and requirement are added by the handler. */
export type Question = Omit<DecisionDraft, 'projectId' | 'requirementId'>

/** One change of state. The handler carries it out; deciding it needed nothing but facts. */
export type Step =
  | { kind: 'start-plan'; assignment: Assignment; attempt: number }
  | { kind: 'propose-plan'; runId: string }
  | { kind: 'accept-plan' }
  | { kind: 'reject-plan' }
  /** nothing of the plan can move although tasks are left: count dependencies anew */
  | { kind: 'recount' }
  | { kind: 'resume-plan'; runId: string; decisionId: string | null }
  | { kind: 'cancel-requirement'; reason: string }
  | { kind: 'request-verification' }
  | { kind: 'close' }
  | RaiseStep
  | TaskStep

export interface RaiseStep {
  kind: 'raise'
  question: Question
  taskId?: string
}

/** Steps that change one task. */
export type TaskStep =
  | { kind: 'start-task'; taskId: string; assignment: Assignment; attempt: number }
  | {
      kind: 'resume-run'
      taskId: string
      runId: string
      agentId: string
      decisionId: string | null
      status: 'running' | 'reviewing'
    }
  /** its run was set going by others: the task follows */
  | { kind: 'go-on'; taskId: string; runId: string; status: 'running' | 'reviewing' }
  | { kind: 'lay-aside'; taskId: string; runId: string }
  | { kind: 'request-proof'; taskId: string; runId: string; commands: number }
  | { kind: 'start-review'; taskId: string; runId: string; assignment: Assignment; attempt: number }
  | { kind: 'queue-merge'; taskId: string; runId: string }
  | { kind: 'finish-task'; taskId: string; mergedCommit: string | null; reason: string }
  | {
      kind: 'send-back'
      taskId: string
      feedback: string
      reason: string
      giveUpAgent: boolean
      /** milliseconds until the next attempt may start */
      delayMs: number
    }
  | { kind: 'start-over'; taskId: string }
  | { kind: 'fail-task'; taskId: string; reason: string }

/** Steps that set new work in motion: none of them is taken for what is paused. */
const startsWork: ReadonlySet<Step['kind']> = new Set([
  'start-plan',
  'start-task',
  'start-review',
  'resume-run',
  'resume-plan',
  'request-proof',
  'queue-merge',
  'request-verification',
  'raise',
])

export function isStart(step: Step): boolean {
  return startsWork.has(step.kind)
}

/** After these the task or requirement waits for somebody else: looking again at once would find nothing. */
const comesToRest: ReadonlySet<Step['kind']> = new Set([
  'start-plan',
  'start-task',
  'start-review',
  'resume-run',
  'resume-plan',
  'request-proof',
  'queue-merge',
  'request-verification',
  'cancel-requirement',
  'close',
])

export function isAtRest(steps: readonly Step[]): boolean {
  return steps.every((step) => comesToRest.has(step.kind))
}
