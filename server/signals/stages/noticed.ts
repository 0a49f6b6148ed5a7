import type { Candidate } from '../ports'

/** Something noticed, and where it belongs. */
export interface Noticed {
  projectId: string
  candidate: Candidate
  /** agent, orchestrator, or the kind of the source */
  source: string
  sourceLabel: string
  sourceId: string | null
  external: boolean
  requirementId?: string | null
  taskId?: string | null
  runId?: string | null
  /** the agent that reported it */
  reporterId?: string | null
}

export interface TakenIn {
  signalId: string
  outcome: 'raised' | 'repeated' | 'escalated' | 'closed' | 'asked-agent'
}
