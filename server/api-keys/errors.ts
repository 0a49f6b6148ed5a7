import { AppError } from '#server/kernel/app-error'

export type ApiKeyErrorCode = 'token-invalid' | 'token-scope-missing' | 'token-not-found' | 'person-needed'

export class ApiKeyError extends AppError<ApiKeyErrorCode> {}
