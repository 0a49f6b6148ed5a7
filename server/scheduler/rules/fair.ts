import type { Rival } from './facts'

/** A requirement as far as taking turns is concerned. */
export interface Claimant {
  requirementId: string
  projectId: string
  running: number
  projectRunning: number
  servedAt: Date | null
}

/**
 * Whose turn it is among requirements that wait for the same slot: first the project with fewer runs, then the
 * requirement with fewer runs, then the one that has been without a slot for longer. Serving raises `running` and
 * `servedAt`, so everybody who keeps waiting comes to the front: with n waiting, after at most n − 1 others each time
 * the counts are level.
 */
export function compareTurns(left: Claimant, right: Claimant): number {
  const project = left.projectId === right.projectId ? 0 : left.projectRunning - right.projectRunning
  return (
    project ||
    left.running - right.running ||
    (left.servedAt?.getTime() ?? 0) - (right.servedAt?.getTime() ?? 0) ||
    (left.requirementId < right.requirementId ? -1 : Number(left.requirementId > right.requirementId))
  )
}

/**
 * Whether a requirement may take a slot now. Of `room` free slots, those that rivals with a better claim would take
 * are theirs; null means go, otherwise the rival that goes first.
 */
export function mayGo(asked: { self: Claimant; rivals: readonly Rival[]; room: number }): Rival | null {
  const before = asked.rivals.filter((rival) => compareTurns(rival, asked.self) < 0).sort(compareTurns)
  return before.length >= asked.room ? (before[0] ?? null) : null
}
