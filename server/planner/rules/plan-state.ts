import type { Capability } from '#server/agents/model'
import type { RunStatus } from '#server/runs/model'
import { isEnded, type TaskStatus } from '#server/tasks/model'
import type { Acceptance, TaskKind } from '../model'

/** A run that has not ended. `held`: laid aside by people, who alone set it going again. */
export interface RunState {
  id: string
  status: RunStatus
  held: boolean
}

interface Pause {
  /** ISO 8601 */
  at: string
  by: string
}

/** A task as far as people can change it: every column that a change may write. */
export interface TaskState {
  ref: string
  /** false once it has left the plan */
  inPlan: boolean
  position: number
  title: string
  kind: TaskKind
  capability: Capability
  instructions: string
  statements: string[]
  owns: string[]
  reads: string[]
  acceptance: Acceptance[]
  risk: 'low' | 'medium' | 'high'
  /** refs, sorted */
  dependsOn: string[]
  status: TaskStatus
  statusReason: string
  attempt: number
  agentsTried: string[]
  agentId: string | null
  wantedAgentId: string | null
  feedback: string
  notBefore: string | null
  paused: Pause | null
  finishedAt: string | null
  runs: RunState[]
  /** ids of the open decisions about it, and whether they are still needed */
  decisions: { id: string; open: boolean }[]
  /** a person ended it: it does not come back because something else is tried again */
  endedByPerson: boolean
}

/** A requirement with its plan: what a change starts from and what it leads to. */
export interface PlanState {
  requirement: {
    number: number
    /** the requirement's own status */
    status: string
    verification: string
    paused: Pause | null
    /** runs without a task: planning */
    runs: RunState[]
  }
  /** in the order of the plan */
  tasks: TaskState[]
}

interface AgentChoice {
  id: string
  name: string
  enabled: boolean
  capabilities: string[]
}

/** Beside the state: who changes it, when, and what a new task may be called. */
export interface ChangeContext {
  by: string
  /** ISO 8601, of the database */
  now: string
  agents: readonly AgentChoice[]
  /** the number of the next new ref: T<nextRef> */
  nextRef: number
}

export const unfinished = (task: TaskState): boolean => task.inPlan && !isEnded(task.status)
export const notBegun = (task: TaskState): boolean => task.status === 'waiting' || task.status === 'ready'
export const begun = (task: TaskState): boolean => unfinished(task) && !notBegun(task)

export function findTask(state: PlanState, ref: string): TaskState | undefined {
  return state.tasks.find((task) => task.ref === ref && task.inPlan)
}

/** The state with one task changed. */
export function withTask(state: PlanState, ref: string, patch: Partial<TaskState>): PlanState {
  return { ...state, tasks: state.tasks.map((task) => (task.ref === ref ? { ...task, ...patch } : task)) }
}

/** Everything in the plan that waits for one of these, directly or through others. */
export function dependantsOf(state: PlanState, refs: Iterable<string>): Set<string> {
  const waiting = new Map<string, string[]>()
  for (const task of state.tasks) {
    if (!task.inPlan) continue
    for (const dependency of task.dependsOn) waiting.set(dependency, [...(waiting.get(dependency) ?? []), task.ref])
  }
  const found = new Set<string>()
  const open = [...refs]
  for (let ref = open.pop(); ref !== undefined; ref = open.pop()) {
    for (const dependant of waiting.get(ref) ?? []) {
      if (found.has(dependant)) continue
      found.add(dependant)
      open.push(dependant)
    }
  }
  return found
}

/** Waiting or ready, whichever its dependencies say. */
export function startStatus(state: PlanState, task: TaskState): 'waiting' | 'ready' {
  const done = new Set(state.tasks.filter(({ status }) => status === 'done').map(({ ref }) => ref))
  return task.dependsOn.every((ref) => done.has(ref)) ? 'ready' : 'waiting'
}

/** Runs at work or about to begin are laid aside; one that waits for an answer goes on waiting. */
export function layAside(runs: readonly RunState[]): RunState[] {
  return runs.map((run) =>
    run.status === 'queued' || run.status === 'running' ? { ...run, status: 'paused', held: true } : run,
  )
}

/** What people laid aside goes on from its journal, as soon as the scheduler has a slot for it. */
export function takeUp(runs: readonly RunState[]): RunState[] {
  return runs.map((run) => (run.status === 'paused' && run.held ? { ...run, held: false } : run))
}

export function end(runs: readonly RunState[]): RunState[] {
  return runs.map((run) => ({ ...run, status: 'cancelled', held: false }))
}
