interface Executed {
  phase: string
  commit: string
  acceptanceId: string
  createdAt: Date
  task: { position: number }
}

/** What people get comes first: everything that was merged, then the tree of one merge, then a task's own commit. */
const PHASES = ['final', 'merge', 'task']

/**
 * Executions in the order in which they speak for a statement. Within a phase the newest commit comes first, and of its
 * executions the plan's first: that is the task's own command, later ones run it again with everything else. A closed
 * requirement names the same one as its proof.
 */
export function bestFirst<Check extends Executed>(checks: readonly Check[]): Check[] {
  const newest = new Map<string, number>()
  for (const { commit, createdAt } of checks) {
    newest.set(commit, Math.max(newest.get(commit) ?? 0, createdAt.getTime()))
  }
  const age = ({ commit }: Check) => -(newest.get(commit) ?? 0)
  return [...checks].sort(
    (a, b) =>
      PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) ||
      age(a) - age(b) ||
      a.task.position - b.task.position ||
      a.acceptanceId.localeCompare(b.acceptanceId, 'en', { numeric: true }),
  )
}
