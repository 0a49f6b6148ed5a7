import type { ToolName } from '../model'

/** What is known of a tool without looking into it. */
export interface ToolPolicy {
  /**
   * A call that began and has no result, because its worker stopped:
   * - repeat: it changes nothing, or the second time does nothing more
   * - compare: what it would change is compared first; what is there already is not done again
   * - unknown: nobody can tell what it did; the agent is told just that
   */
  afterTakeover: 'repeat' | 'compare' | 'unknown'
  /** a call never made before is progress: the state may be another one afterwards */
  changes: boolean
}

/** Each tool's policy, in one place. What is not here has no effect outside the conversation. */
const toolPolicies: Record<ToolName, ToolPolicy> = {
  list_files: { afterTakeover: 'repeat', changes: false },
  read_file: { afterTakeover: 'repeat', changes: false },
  search_files: { afterTakeover: 'repeat', changes: false },
  write_file: { afterTakeover: 'compare', changes: true },
  patch_file: { afterTakeover: 'compare', changes: true },
  run_command: { afterTakeover: 'unknown', changes: true },
  // Asked again with the same key it is the same question.
  ask_human: { afterTakeover: 'repeat', changes: true },
  emit_signal: { afterTakeover: 'compare', changes: false },
  finish: { afterTakeover: 'repeat', changes: false },
}

const harmless: ToolPolicy = { afterTakeover: 'repeat', changes: false }

export function policyOf(name: string): ToolPolicy {
  return Object.hasOwn(toolPolicies, name) ? toolPolicies[name as ToolName] : harmless
}
