import { AppError, type ErrorKind } from '#server/kernel/app-error'

export type SandboxErrorCode = 'sandbox-unavailable' | 'sandbox-command-refused' | 'sandbox-workspace-refused'

function sandboxError(code: SandboxErrorCode, kind: ErrorKind, message: string, cause?: unknown) {
  return new AppError<SandboxErrorCode>({ code, kind, message, cause })
}

/** No sandbox, no run: what failed, what still works, and what the operator does about it. */
export function sandboxUnavailable(why: string, cause?: unknown) {
  return sandboxError(
    'sandbox-unavailable',
    'unavailable',
    `No sandbox passed its self-test (${why}). Agents' commands are switched off; planning, review and decisions still work. ` +
      'Fix: install bubblewrap (apt-get install bubblewrap) and allow user namespaces, see docs/security.md; or, on a machine only you use, ' +
      'set SANDBOX_PROVIDER=none together with SANDBOX_NONE_I_ACCEPT_RISK=<name of this machine>.',
    cause,
  )
}

export function workspaceRefused(why: string, cause?: unknown) {
  return sandboxError('sandbox-workspace-refused', 'invalid', `The command was not run: ${why}`, cause)
}
