import { AppError } from '#server/kernel/app-error'

export type DecisionErrorCode = 'decision-not-found' | 'already-answered' | 'withdrawn' | 'no-such-option'

export class DecisionError extends AppError<DecisionErrorCode> {}
