import { inRefOrder } from '#server/kernel/ref-order'
import type { Blocks } from '../model'
import { type Held, heldBy } from './order'

/** A task as far as its place in the graph counts. */
export interface Ranked extends Held {
  ref: string
  /** milliseconds from its start to the end of the requirement along the longest path; 0 when not known */
  rank: number
}

/**
 * What waits for a decision. About tasks: they and everything behind them; about a requirement: all its unfinished tasks.
 * The slack is what the longest other path leaves: so long may the answer take before the requirement ends later.
 */
export function blocksOf(about: string | readonly string[] | null, tasks: readonly Ranked[]): Blocks {
  const named = typeof about === 'string' ? [about] : about
  const behind = named?.flatMap((taskId) => heldBy(taskId, tasks))
  const ids = new Set(behind ?? tasks.filter((task) => !task.finished).map((task) => task.id))
  const held = tasks.filter((task) => ids.has(task.id))
  const pathMs = Math.max(0, ...held.map((task) => task.rank))
  const otherMs = Math.max(0, ...tasks.filter((task) => !task.finished && !ids.has(task.id)).map((task) => task.rank))
  const known = pathMs > 0
  return {
    tasks: held.length,
    refs: inRefOrder(held.map((task) => task.ref)).slice(0, 12),
    pathMs: known ? pathMs : null,
    slackMs: known ? Math.max(0, otherMs - pathMs) : null,
  }
}

/** Milliseconds by which the requirement ends later because of the wait so far; null when nobody knows. */
export function delayMs(blocks: Pick<Blocks, 'slackMs'>, waitedMs: number): number | null {
  return blocks.slackMs === null ? null : Math.max(0, waitedMs - blocks.slackMs)
}
