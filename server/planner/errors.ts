import { AppError } from '#server/kernel/app-error'

export type PlanErrorCode =
  /** somebody else changed the plan meanwhile: look at it again */
  | 'plan-changed'
  | 'requirement-closed'
  /** there are no tasks yet, or nobody has accepted them */
  | 'no-plan'
  | 'being-cancelled'
  | 'being-verified'
  | 'unknown-task'
  /** it has ended, and its result stays */
  | 'task-finished'
  /** an agent has begun it */
  | 'task-started'
  | 'task-not-started'
  | 'task-merging'
  /** others wait for it */
  | 'has-dependants'
  | 'dependency-not-built'
  | 'self-dependency'
  | 'cycle'
  | 'too-many'
  | 'unsafe-path'
  | 'unknown-agent'
  | 'agent-does-not-fit'
  | 'nothing-to-undo'
  | 'undo-too-late'
  /** what the change set going has begun */
  | 'cannot-undo'

export class PlanError extends AppError<PlanErrorCode> {}

/** A change that is impossible as things stand, with the reason in words. */
export function refuse(code: PlanErrorCode, message: string, details?: Record<string, unknown>): never {
  throw new PlanError({ code, kind: 'conflict', message, details })
}
