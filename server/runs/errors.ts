import { AppError } from '#server/kernel/app-error'

export type RunErrorCode =
  | 'run-not-found'
  /** another worker took the run over: this one must not write any more */
  | 'lease-lost'
  /** stopped by a person */
  | 'run-cancelled'
  | 'run-paused'
  | 'turn-limit'
  /** the watchdog ended it: too long, or no worker could finish it */
  | 'time-limit'
  | 'tool-limit'
  /** the same call with the same result again and again */
  | 'loop'
  /** at the wall of a budget: the run waits for people */
  | 'budget-wall'
  | 'refused'
  | 'outside-ownership'
  | 'plan-invalid'
  | 'answer-invalid'
  | 'worktree-failed'

export class RunError extends AppError<RunErrorCode> {}
