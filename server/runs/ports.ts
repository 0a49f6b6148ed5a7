import type { ToolDefinition } from '#server/agents/ports'
import type { Scope } from '#server/auth/model'
import type { RunPrompt, StoredTurn } from './rules/transcript'

/** What a tool call gave. `asking` means that a person has to answer first: the run is laid aside. */
export type CallOutcome =
  | { kind: 'done'; output: string; isError: boolean }
  | { kind: 'asking'; decisionId: string }
  | { kind: 'finish'; output: string; summary: string }

/** The run as far as an assignment needs to know it. */
interface RunView {
  id: string
  organizationId: string
  projectId: string
  requirementId: string
  taskId: string | null
  agentId: string
  attempt: number
  providerMode: string
  baseCommit: string | null
  prompt: unknown
}

/** Where an assignment tells people what it does. */
interface LogWriter {
  write(kind: 'text' | 'thinking' | 'tool' | 'output' | 'notice' | 'error', text: string): void
}

export interface CallContext {
  scope: Scope
  run: RunView
  log: LogWriter
  signal: AbortSignal
  /** stable over restarts: the stored tool call's id */
  toolCallId: string
  /** true when an earlier worker may have begun this call */
  repeated: boolean
}

/** How a run ends: what is stored as its result, and the commit if it made one. */
export interface RunEnding {
  result: unknown
  baseCommit?: string
  commit?: string
  /** files that the commit changed */
  touched?: string[]
}

/** What is said after a turn that called no tool. */
export type Verdict =
  | { kind: 'reply'; text: string }
  | { kind: 'accept'; result: unknown }
  | { kind: 'fail'; code: 'refused' | 'plan-invalid' | 'answer-invalid'; message: string; details?: unknown }

/**
 * What makes an implementation, a plan and a review different, behind one loop. `judge` must be a pure function of its
 * arguments: a restarted run replays it.
 */
export interface Assignment {
  tools: readonly ToolDefinition[]
  answer?: { name: string; schema: Record<string, unknown> }
  /**
   * Completes the prompt with what only I/O can tell (a diff, a list of files), once, before the first turn. What it
   * returns is stored with the run.
   */
  prepare?(prompt: RunPrompt, context: { scope: Scope; run: RunView }): Promise<RunPrompt>
  judge(turn: StoredTurn, turns: readonly StoredTurn[], prompt: RunPrompt): Verdict
  call(name: string, input: unknown, context: CallContext): Promise<CallOutcome>
  /** Called once the run's conversation is over, before it is marked finished. May run again after a crash. */
  end(result: unknown, context: Omit<CallContext, 'toolCallId' | 'repeated'>): Promise<RunEnding>
}
