import { AppError } from '#server/kernel/app-error'

export type NotificationErrorCode =
  | 'notification-not-found'
  | 'delivery-not-found'
  | 'endpoint-not-found'
  | 'integration-not-found'
  | 'address-refused'
  | 'slack-refused'
  | 'link-invalid'

export class NotificationError extends AppError<NotificationErrorCode> {}
