/** What a decision holds up, and since when. */
export interface Waiting {
  /** Tasks that can't go on before the answer, directly or because they depend on one that can't. */
  blockedTasks: number
  /** Plans that can't be made before the answer. */
  blockedPlans?: number
  createdAt: Date
  deadline: Date | null
}

/**
 * How much waiting costs: tasks held up × minutes waited, so that two tasks held for an hour weigh as much as one held
 * for two. A plan that can't be made counts as one task: nobody knows more of it. A decision that holds up nothing still counts a quarter of a task: somebody asked. The first minute counts
 * as whole, so that fresh decisions are ordered by what they block.
 */
export function waitingCost(decision: Waiting, now: Date): number {
  const minutes = Math.max(1, (now.getTime() - decision.createdAt.getTime()) / 60_000)
  return Math.max(0.25, decision.blockedTasks + (decision.blockedPlans ?? 0)) * minutes
}

/** The inbox's order: the costliest wait first; then the nearer deadline; then the older one. Does not change its input. */
export function byWaitingCost<T extends Waiting>(decisions: readonly T[], now: Date): T[] {
  const deadlineOf = (decision: T) => decision.deadline?.getTime() ?? Number.POSITIVE_INFINITY
  return [...decisions].sort(
    (a, b) =>
      waitingCost(b, now) - waitingCost(a, now) ||
      compare(deadlineOf(a), deadlineOf(b)) ||
      a.createdAt.getTime() - b.createdAt.getTime(),
  )
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}

/** A task as the question "what does it hold up?" needs it. */
export interface Held {
  id: string
  dependsOn: readonly string[]
  finished: boolean
}

/**
 * Unfinished tasks that wait for `taskId`: itself and everything that depends on it, over any number of steps.
 * Tolerates cycles, which the plan check refuses but old rows could hold.
 */
export function heldBy(taskId: string, tasks: readonly Held[]): string[] {
  const dependants = new Map<string, string[]>()
  for (const task of tasks) {
    for (const id of task.dependsOn) dependants.set(id, [...(dependants.get(id) ?? []), task.id])
  }
  const unfinished = new Set(tasks.filter((task) => !task.finished).map((task) => task.id))
  const seen = new Set<string>()
  const open = [taskId]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue
    seen.add(id)
    open.push(...(dependants.get(id) ?? []))
  }
  return [...seen].filter((id) => unfinished.has(id))
}
