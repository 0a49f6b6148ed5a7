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
  | 'person-needed'
  | 'already-member'
  | 'member-not-found'
  | 'role-above-own'
  | 'last-owner'
  | 'invite-not-found'
  | 'invite-closed'
  | 'invite-for-another'

export class AuthError extends AppError<AuthErrorCode> {}
