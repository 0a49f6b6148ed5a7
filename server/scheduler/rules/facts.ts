import type { Capability, ConnectorName, Provider } from '#server/agents/model'
import type { DecisionKind } from '#server/decisions/model'
import type { RequirementStatus } from '#server/requirements/model'
import type { Review, RunStatus } from '#server/runs/model'
import type { Asked, TaskStatus } from '#server/tasks/model'

/**
 * What the scheduler knows of one requirement when it decides. Loaded under the requirement's lock, and never more
 * than can move: the tasks in flight and the most urgent ready ones, whatever the size of the plan.
 */
export interface Facts {
  /** the database's clock */
  now: Date
  requirement: {
    id: string
    number: number
    title: string
    status: RequirementStatus
    verification: 'none' | 'requested' | 'recorded'
    /** who paused it; null when it is not paused */
    pausedBy: string | null
  }
  project: { id: string; planApproval: 'automatic' | 'ask'; providerMode: 'scripted' | 'live' }
  /** the newest plan revision */
  plan: {
    id: string
    revision: number
    status: string
    questions: { statement: string; text: string }[]
    tasks: number
  } | null
  planRuns: RunFact[]
  /** tasks in flight: running, asking, proving, reviewing, merging */
  tasks: TaskFact[]
  /** tasks that could start now, the most urgent ones of each capability, by rank */
  ready: TaskFact[]
  counts: TaskCounts
  /** questions about the requirement itself: those of a task are with the task */
  decisions: DecisionFact[]
  agents: AgentFact[]
  limits: LimitFacts
  /** tasks of the same project in flight, of other requirements too: whose files are taken */
  inFlight: FileHolder[]
}

/** Whether the plan has tasks of a kind. */
export interface TaskCounts {
  unfinished: boolean
  inFlight: boolean
  /** waiting tasks that have nothing to wait for, those that are paused, blocked or timed included */
  startable: boolean
  done: boolean
}

/** Runs that are queued or running against what is allowed; null means no limit. */
export interface LimitFacts {
  organization: Limit
  project: Limit
  providers: (Limit & { provider: string; closedUntil: Date | null })[]
  /** runs of this requirement, and when it last got a slot: for taking turns */
  own: { running: number; servedAt: Date | null }
  /** other requirements of the organization that wait for a slot */
  rivals: Rival[]
}

export interface Limit {
  used: number
  most: number | null
}

export interface Rival {
  requirementId: string
  number: number
  projectId: string
  running: number
  projectRunning: number
  servedAt: Date | null
  /** ids of the agents it waits for */
  wants: string[]
}

export interface RunFact {
  id: string
  agentId: string
  status: RunStatus
  attempt: number
  errorCode: string | null
  errorMessage: string
  commit: string | null
  /** whether its commit differs from what it started on */
  changed: boolean
  /** laid aside by people: only they set it going again */
  held: boolean
  /** the question about a budget it waits for: whoever settles that moves the run */
  waitsFor: string | null
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
  /** name of the agent that has it now */
  assignedName: string | null
  /** chosen by a person */
  wantedAgentId: string | null
  /** who paused it; null when it is not paused */
  pausedBy: string | null
  notBefore: Date | null
  rank: number
  position: number
  createdAt: Date
  startedAt: Date | null
  /** globs it declared, and files that its newest run really changed */
  owns: string[]
  touched: string[]
  /** refs of some tasks that need it */
  dependants: string[]
  acceptance: { id: string }[]
  /** the newest implementation run */
  run: RunFact | null
  /** the newest review of that run */
  review: (RunFact & { verdict: Review | null }) | null
  reviewsTried: string[]
  /** evidence on that run's commit, before merging */
  checks: { acceptanceId: string; passed: boolean; command: string; exitCode: number | null; output: string }[]
  merge: {
    status: string
    mergedCommit: string | null
    detail: string
    /** conflicts of this task, over all its runs, since people were last asked about them */
    conflicts?: number
  } | null
  /** requirements with a task that waits for the files of this one */
  blocking: string[]
  /** the newest question about it, and how many there have been */
  decision: DecisionFact | null
  asked: number
}

export interface DecisionFact {
  id: string
  kind: DecisionKind
  /** an answer that takes effect later counts as open until then */
  status: 'open' | 'answered' | 'expired' | 'withdrawn'
  runId: string | null
  question: string
  answer: string | null
  comment: string
  defaultLabel: string | null
  deadline: Date | null
  /** whom it waits for while it is open; the team unless somebody else is named */
  who?: Asked | null
  /** the answer that takes effect later, while it can still be taken back */
  held?: { label: string; until: Date } | null
}

export interface FileHolder {
  taskId: string
  ref: string
  requirementId: string
  requirementNumber: number
  files: string[]
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
