import type { CommandResult } from './model'

export interface SandboxCommand {
  /** Absolute directory of the host that the command sees as /workspace. */
  workspace: string
  /** Run by `/bin/sh -c` with /workspace as current directory. */
  command: string
  /** False mounts the workspace read-only. */
  writable: boolean
  /** Files or folders inside the workspace, relative to it, that stay read-only in a writable one. They must exist. */
  readOnlyPaths?: readonly string[]
  timeoutMs: number
  /** How much output to keep, head and tail; at most 1 MB, which is also the default. */
  maxOutputBytes?: number
  /** Extra variables. Values are visible to the command: never put a server secret here. */
  environment?: Readonly<Record<string, string>>
}

export interface SandboxRunOptions {
  signal?: AbortSignal
  onOutput?: (chunk: { stream: 'stdout' | 'stderr'; text: string }) => void
}

/**
 * Runs one command to its end and leaves no process behind, whatever the command started. A non-zero exit, a time limit
 * and an abort are results, not errors; an error means the command could not be started as asked.
 */
export interface SandboxRunner {
  readonly name: 'bubblewrap' | 'none'
  run(command: SandboxCommand, options?: SandboxRunOptions): Promise<CommandResult>
}

/** What the self-test needs to know about a runner beside its port. */
export interface SandboxCandidate {
  runner: SandboxRunner
  version: string | null
  /** Protections this machine does not offer, one sentence each. */
  notes: readonly string[]
}
