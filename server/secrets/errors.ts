import { AppError } from '#server/kernel/app-error'

export type SecretErrorCode = 'credential-not-found'

export class SecretError extends AppError<SecretErrorCode> {}
