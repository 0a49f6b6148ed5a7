import { AppError } from '#server/kernel/app-error'

export type SignalErrorCode =
  | 'signal-not-found'
  | 'source-not-found'
  | 'source-unknown'
  | 'not-proven'
  | 'body-not-json'
  | 'already-turned'
  | 'mute-not-found'
  | 'no-topic'

export class SignalError extends AppError<SignalErrorCode> {}
