import { AppError, type ErrorKind } from '#server/kernel/app-error'

export type WorkspaceErrorCode =
  | 'git-unavailable'
  | 'git-failed'
  | 'workspace-missing'
  | 'worktree-missing'
  | 'worktree-refused'
  | 'path-refused'
  | 'file-missing'
  | 'file-refused'
  | 'file-too-large'
  | 'patch-refused'
  | 'main-moved'

export class WorkspaceError extends AppError<WorkspaceErrorCode> {}

export function workspaceError(
  code: WorkspaceErrorCode,
  kind: ErrorKind,
  message: string,
  facts: { retryable?: boolean; cause?: unknown; details?: Record<string, unknown> } = {},
): WorkspaceError {
  return new WorkspaceError({ code, kind, message, ...facts })
}
