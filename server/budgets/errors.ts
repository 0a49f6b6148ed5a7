import { AppError } from '#server/kernel/app-error'

export type BudgetErrorCode = 'budget-owner-not-found' | 'scripted-price'
export class BudgetError extends AppError<BudgetErrorCode> {}
