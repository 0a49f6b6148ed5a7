import { AppError } from '#server/kernel/app-error'

export type RequirementErrorCode =
  | 'requirement-not-found'
  | 'text-empty'
  | 'text-too-large'
  | 'text-binary'
  | 'requirement-closed'
  | 'key-reused'

export class RequirementError extends AppError<RequirementErrorCode> {}
