import { AppError } from '#server/kernel/app-error'

export type SecretErrorCode = 'credential-not-found' | 'private-address'

export class SecretError extends AppError<SecretErrorCode> {}
