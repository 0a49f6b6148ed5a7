import { AppError } from '#server/kernel/app-error'

export type DecisionErrorCode =
  | 'decision-not-found'
  | 'already-answered'
  | 'withdrawn'
  | 'expired'
  | 'asked-anew'
  | 'no-such-option'
  | 'not-asked'
  | 'may-not-answer'
  | 'unsafe-default'
  | 'too-late-to-undo'
  | 'not-answered'
  | 'no-such-person'
  | 'work-waits'
  | 'link-closed'
  | 'link-for-another'
  | 'sign-in-first'
  | 'backtest-refused'

export class DecisionError extends AppError<DecisionErrorCode> {}
