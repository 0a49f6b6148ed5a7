import type { Effects } from './effects'
import { type PlanState, type TaskState, unfinished } from './plan-state'

/** What earlier tasks of a capability took, on the median. */
export interface Experience {
  capability: string
  /** finished runs this is read from */
  runs: number
  /** input and output tokens of one task */
  tokens: number
  /** millionths of a US dollar; null when unpriced or scripted */
  microUsd: number | null
  /** from start to done; 0 when no task of it has finished */
  milliseconds: number
}

export interface Cost {
  /** tasks this is about */
  tasks: number
  /** of them, tasks whose capability has never been used: nothing is known of their cost */
  unknown: number
  tokens: number
  /** null: nothing of it has a price */
  microUsd: number | null
  /** summed up, not the time until the end */
  milliseconds: number
}

export interface Path {
  refs: string[]
  /** null when the duration of a task on it is not known */
  milliseconds: number | null
}

export interface Forecast {
  /** what is done again or added */
  more: Cost
  /** what will not be done any more */
  less: Cost
  pathBefore: Path
  pathAfter: Path
}

/** What a change is expected to cost, from what earlier runs took, and the longest chain of work before and after it. */
export function forecast(
  before: PlanState,
  target: PlanState,
  effects: Effects,
  experience: readonly Experience[],
): Forecast {
  const known = new Map(experience.map((row) => [row.capability, row]))
  return {
    more: costOf(target, [...effects.reruns, ...effects.added], known),
    less: costOf(before, effects.ends, known),
    pathBefore: longestPath(before, known),
    pathAfter: longestPath(target, known),
  }
}

function costOf(state: PlanState, refs: readonly string[], known: ReadonlyMap<string, Experience>): Cost {
  const cost: Cost = { tasks: refs.length, unknown: 0, tokens: 0, microUsd: null, milliseconds: 0 }
  for (const task of state.tasks) {
    if (!refs.includes(task.ref)) continue
    const row = known.get(task.capability)
    if (!row) {
      cost.unknown += 1
      continue
    }
    cost.tokens += row.tokens
    cost.milliseconds += row.milliseconds
    if (row.microUsd !== null) cost.microUsd = (cost.microUsd ?? 0) + row.microUsd
  }
  return cost
}

/**
 * The longest chain of unfinished tasks by expected time; where nothing is known, a task counts as a minute and the
 * sum is not told.
 */
function longestPath(state: PlanState, known: ReadonlyMap<string, Experience>): Path {
  const open = new Map(state.tasks.filter(unfinished).map((task) => [task.ref, task]))
  const length = (task: TaskState) => known.get(task.capability)?.milliseconds ?? 60_000
  const best = new Map<string, { total: number; previous: string | null }>()
  for (const ref of inOrder(open)) {
    const task = open.get(ref) as TaskState
    let total = 0
    let previous: string | null = null
    for (const dependency of task.dependsOn) {
      const found = best.get(dependency)
      if (found && found.total > total) [total, previous] = [found.total, dependency]
    }
    best.set(ref, { total: total + length(task), previous })
  }
  let last: string | null = null
  for (const [ref, { total }] of best) if (last === null || total > (best.get(last)?.total ?? 0)) last = ref
  const milliseconds = last === null ? 0 : (best.get(last)?.total ?? 0)
  const refs: string[] = []
  for (let ref = last; ref !== null; ref = best.get(ref)?.previous ?? null) refs.unshift(ref)
  const told = refs.every((ref) => known.has((open.get(ref) as TaskState).capability))
  return { refs, milliseconds: told ? milliseconds : null }
}

/** Dependencies before dependants (Kahn). What waits in a circle is left out; a plan has none. */
function inOrder(open: ReadonlyMap<string, TaskState>): string[] {
  const missing = new Map<string, number>()
  const dependants = new Map<string, string[]>()
  for (const [ref, task] of open) {
    const needed = task.dependsOn.filter((dependency) => open.has(dependency))
    missing.set(ref, needed.length)
    for (const dependency of needed) dependants.set(dependency, [...(dependants.get(dependency) ?? []), ref])
  }
  const order = [...missing].filter(([, count]) => count === 0).map(([ref]) => ref)
  for (let index = 0; index < order.length; index += 1) {
    for (const ref of dependants.get(order[index] as string) ?? []) {
      const count = (missing.get(ref) as number) - 1
      missing.set(ref, count)
      if (count === 0) order.push(ref)
    }
  }
  return order
}
