import {
  type ChangeContext,
  findTask,
  layAside,
  type PlanState,
  type RunState,
  type TaskState,
  withTask,
} from './plan-state'

/** Both states that a change leads to; see decideChange. */
export interface Draft {
  held: PlanState
  target: PlanState
}

export function both(draft: Draft, ref: string, patch: Partial<TaskState>): Draft {
  return { held: withTask(draft.held, ref, patch), target: withTask(draft.target, ref, patch) }
}

/** Changes a task's runs in both states, each from where it is: what ends later has not ended now. */
export function bothRuns(draft: Draft, ref: string, change: (runs: readonly RunState[]) => RunState[]): Draft {
  const of = (state: PlanState) => withTask(state, ref, { runs: change(findTask(state, ref)?.runs ?? []) })
  return { held: of(draft.held), target: of(draft.target) }
}

/** The task waits, and its runs are laid aside, until the change is final. */
export function hold(draft: Draft, ref: string, { now, by }: ChangeContext): Draft {
  const task = findTask(draft.held, ref)
  if (!task) return draft
  const patch = { paused: task.paused ?? { at: now, by }, runs: layAside(task.runs) }
  return { ...draft, held: withTask(draft.held, ref, patch) }
}

/** Refs in the order people count, each once. */
export const unique = (refs: readonly string[]): string[] =>
  [...new Set(refs)].sort((left, right) => left.localeCompare(right, 'en', { numeric: true }))
