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
