import { AppError } from '#server/kernel/app-error'

export type RunErrorCode =
  | 'run-not-found'
  /** another worker took the run over: this one must not write any more */
  | 'lease-lost'
  /** stopped by a person */
  | 'run-cancelled'
  | 'turn-limit'
  | 'refused'
  | 'outside-ownership'
  | 'plan-invalid'
  | 'answer-invalid'
  | 'worktree-failed'

export class RunError extends AppError<RunErrorCode> {}
