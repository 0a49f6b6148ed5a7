import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { workspaceEnvironment } from '#server/platform/env/workspaces'
import { workspaceError } from '#server/workspaces/errors'

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/

/** An id becomes a folder name, so it must not be able to be anything else. */
function folderName(id: string): string {
  if (!ID.test(id))
    throw workspaceError('path-refused', 'invalid', `"${id.slice(0, 100)}" is not an id of a project or run.`)
  return id
}

/** `workspaces/<projectId>`: the repository people may open. */
export function workspaceDirectory(projectId: string): string {
  return path.join(workspaceEnvironment().ORCHESTRATOR_DATA, 'workspaces', folderName(projectId))
}

export function gitDirectory(projectId: string): string {
  return path.join(workspaceDirectory(projectId), '.git')
}

/** `worktrees/<runId>`: files only. What git knows about them is out of the agent's reach, under `indexes`. */
export function worktreeDirectory(runId: string): string {
  return path.join(workspaceEnvironment().ORCHESTRATOR_DATA, 'worktrees', folderName(runId))
}

/** `indexes/<runId>.json`: which commit the worktree of a run started from. */
export function worktreeNote(runId: string): string {
  return path.join(workspaceEnvironment().ORCHESTRATOR_DATA, 'indexes', `${folderName(runId)}.json`)
}

/** A new name for a private index. The folder exists afterwards, the file does not. */
export async function temporaryIndex(): Promise<string> {
  const directory = path.join(workspaceEnvironment().ORCHESTRATOR_DATA, 'indexes')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  return path.join(directory, `${crypto.randomUUID()}.index`)
}
