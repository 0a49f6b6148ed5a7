import { overlaps } from '#server/workspaces/rules/paths'
import type { FileHolder } from './facts'

/** The first pattern of one list that may mean the same file as one of the other, with both; null when none does. */
export function commonFile(left: readonly string[], right: readonly string[]): string | null {
  for (const one of left) {
    for (const other of right) {
      if (one === other) return one
      if (overlaps(one, other)) return one.length >= other.length ? one : other
    }
  }
  return null
}

/** A task in flight that holds files which this one would change. */
export interface Conflict {
  holder: FileHolder
  file: string
  /** complete, for people: "Waits for T2 of R3: both own src/store.js." */
  reason: string
}

/** The forecast before a task is started: would it write files that a task in flight owns or has changed? */
export function conflictOf(
  task: { id: string; files: readonly string[]; requirementId: string },
  holders: readonly FileHolder[],
): Conflict | null {
  for (const holder of holders) {
    if (holder.taskId === task.id) continue
    const file = commonFile(task.files, holder.files)
    if (file === null) continue
    const where = holder.requirementId === task.requirementId ? '' : ` of R${holder.requirementNumber}`
    return { holder, file, reason: `Waits for ${holder.ref}${where}: both own ${file}.` }
  }
  return null
}
