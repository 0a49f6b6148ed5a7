import type { ToolInput, ToolName } from '../model'
import type { CallContext, CallOutcome } from '../ports'

/** Where a tool works: the run's worktree, and who asks. */
interface Bench {
  worktree: string
  context: CallContext
}

export type Tool<Name extends ToolName> = (input: ToolInput<Name>, bench: Bench) => Promise<CallOutcome>
