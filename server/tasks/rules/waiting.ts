/** Milliseconds after which somebody looks at a task that waits for other tasks, although nothing is wrong with it. */
export const WAITING_MS = 24 * 3600_000

/** More names than this are counted instead of listed. */
const MOST_NAMES = 4

/** Why a task that nothing holds up but its turn does not run yet. */
export const WAITS_FOR_TURN = 'Ready: starts when an agent has a slot free.'

/** In words what a task waits for, from the refs of the tasks it needs. */
export function waitsForTasks(refs: readonly string[]): string {
  if (refs.length === 0) return WAITS_FOR_TURN
  if (refs.length > MOST_NAMES) return waitsForCount(refs.length)
  const last = refs[refs.length - 1] as string
  return refs.length === 1 ? `Waits for ${last}.` : `Waits for ${refs.slice(0, -1).join(', ')} and ${last}.`
}

export function waitsForCount(count: number): string {
  return `Waits for ${count} other tasks.`
}

/** A time of day for a reason: 14:10 UTC. */
export function clock(at: Date): string {
  return `${at.toISOString().slice(11, 16)} UTC`
}
