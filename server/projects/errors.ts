import { AppError } from '#server/kernel/app-error'

export type ProjectErrorCode = 'project-not-found'

export class ProjectError extends AppError<ProjectErrorCode> {}
