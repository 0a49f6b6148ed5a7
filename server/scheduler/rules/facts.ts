import type { Capability, ConnectorName, Provider } from '#server/agents/model'
import type { DecisionKind } from '#server/decisions/model'
import type { RequirementStatus } from '#server/requirements/model'
import type { Review, RunStatus } from '#server/runs/model'
import type { TaskStatus } from '#server/tasks/model'

/** What the scheduler knows of one requirement when it decides. Loaded under the requirement's lock. */
export interface Facts {
  requirement: {
    id: string
    number: number
    title: string
    status: RequirementStatus
    verification: 'none' | 'requested' | 'recorded'
  }
  project: { planApproval: 'automatic' | 'ask'; providerMode: 'scripted' | 'live' }
  /** the newest plan revision */
  plan: {
    id: string
    revision: number
    status: string
    questions: { statement: string; text: string }[]
    tasks: number
  } | null
  planRuns: RunFact[]
  tasks: TaskFact[]
  decisions: DecisionFact[]
  agents: AgentFact[]
}

export interface RunFact {
  id: string
  agentId: string
  status: RunStatus
  attempt: number
  errorCode: string | null
  errorMessage: string
  commit: string | null
}

export interface TaskFact {
  id: string
  ref: string
  title: string
  capability: Capability
  status: TaskStatus
  attempt: number
  agentId: string | null
  agentsTried: string[]
  dependsOn: string[]
  acceptance: { id: string }[]
  /** the newest implementation run */
  run: RunFact | null
  /** the newest review of that run */
  review: (RunFact & { verdict: Review | null }) | null
  reviewsTried: string[]
  /** evidence on that run's commit, before merging */
  checks: { acceptanceId: string; passed: boolean; command: string; exitCode: number | null; output: string }[]
  merge: { status: string; mergedCommit: string | null; detail: string } | null
}

export interface DecisionFact {
  id: string
  kind: DecisionKind
  status: 'open' | 'answered' | 'withdrawn'
  taskId: string | null
  runId: string | null
  answer: string | null
  comment: string
}

export interface AgentFact {
  id: string
  name: string
  role: string
  capabilities: Capability[]
  connector: ConnectorName
  provider: Provider
  model: string
  enabled: boolean
  /** false when a live run would have no key */
  hasCredential: boolean
  /** runs of the whole organization that it has now */
  running: number
  maxConcurrent: number
  /** of its last runs: how many ended, how many of them failed for reasons of the agent or its provider */
  recentRuns: number
  recentFailures: number
  /** output price, US dollars per million tokens; null = unpriced or scripted */
  outputPrice: number | null
}
