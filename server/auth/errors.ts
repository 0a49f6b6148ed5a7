import { AppError } from '#server/kernel/app-error'

export type AuthErrorCode =
  | 'not-signed-in'
  | 'not-a-member'
  | 'role-too-low'
  | 'wrong-credentials'
  | 'too-many-attempts'
  | 'setup-link-invalid'
  | 'weak-password'
  | 'email-taken'

export class AuthError extends AppError<AuthErrorCode> {}
