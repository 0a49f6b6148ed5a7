/** One task of a graph with its length in milliseconds. */
export interface TimedTask {
  id: string
  dependsOn: readonly string[]
  ms: number
}

type Lengths = ReadonlyMap<string, number>

/** Milliseconds from the start of each task to the end of everything that builds on it, itself included. */
function upwardRanks(tasks: readonly TimedTask[]): Map<string, number> {
  const dependants = new Map<string, string[]>(tasks.map(({ id }) => [id, []]))
  for (const task of tasks) for (const dependency of task.dependsOn) dependants.get(dependency)?.push(task.id)
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const ranks = new Map<string, number>()
  const rankOf = (id: string): number => {
    const known = ranks.get(id)
    if (known !== undefined) return known
    const after = Math.max(0, ...(dependants.get(id) ?? []).map(rankOf))
    const rank = after + (byId.get(id)?.ms ?? 0)
    ranks.set(id, rank)
    return rank
  }
  for (const { id } of tasks) rankOf(id)
  return ranks
}

export function criticalPath(tasks: readonly TimedTask[]): number {
  return Math.max(0, ...upwardRanks(tasks).values())
}

/** How long a list schedule takes: whenever a slot is free, the ready task of highest priority gets it. */
export function listSchedule(tasks: readonly TimedTask[], slots: number, priority: Lengths): number {
  const open = new Map(tasks.map((task) => [task.id, new Set(task.dependsOn).size]))
  const dependants = new Map<string, TimedTask[]>(tasks.map(({ id }) => [id, []]))
  for (const task of tasks) for (const dependency of new Set(task.dependsOn)) dependants.get(dependency)?.push(task)
  const byPriority = (one: TimedTask, other: TimedTask) => (priority.get(other.id) ?? 0) - (priority.get(one.id) ?? 0)
  let ready = tasks.filter(({ id }) => open.get(id) === 0).sort(byPriority)
  let running: { end: number; task: TimedTask }[] = []
  let now = 0
  while (ready.length > 0 || running.length > 0) {
    const started = ready.splice(0, slots - running.length)
    running.push(...started.map((task) => ({ end: now + task.ms, task })))
    now = Math.min(...running.map(({ end }) => end))
    const ended = running.filter(({ end }) => end <= now)
    running = running.filter(({ end }) => end > now)
    for (const { task } of ended) {
      for (const dependant of dependants.get(task.id) ?? []) {
        const left = (open.get(dependant.id) ?? 0) - 1
        open.set(dependant.id, left)
        if (left === 0) ready.push(dependant)
      }
    }
    ready = ready.sort(byPriority)
  }
  return now
}

/**
 * What no schedule beats (critical path, work ÷ slots), or what good list schedules reach: longest task first, and
 * longest remaining path first, whichever is quicker. Milliseconds.
 */
export function scheduleBound(tasks: readonly TimedTask[], slots: number): number {
  const work = tasks.reduce((sum, { ms }) => sum + ms, 0)
  const longest = new Map(tasks.map(({ id, ms }) => [id, ms]))
  const best = Math.min(listSchedule(tasks, slots, longest), listSchedule(tasks, slots, upwardRanks(tasks)))
  return Math.max(criticalPath(tasks), work / slots, best)
}
