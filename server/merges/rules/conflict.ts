import type { MergeConflict } from '#server/workspaces/model'

/** Characters of each side that the agent gets to read. */
const SIDE_KEPT = 6_000

function side(name: string, text: string | null): string {
  if (text === null) return `${name}: the file does not exist`
  return `${name}:\n${text.length > SIDE_KEPT ? `${text.slice(0, SIDE_KEPT)}\n…` : text}`
}

/** A merge conflict with both sides, as feedback for the agent that has to do it again. */
export function describeConflicts(conflicts: readonly MergeConflict[]): string {
  return conflicts
    .map((conflict) =>
      [
        `Conflict in ${conflict.path}`,
        side('In the project now', conflict.main),
        side('In your version', conflict.task),
      ].join('\n'),
    )
    .join('\n\n')
}
