import type { Scope } from '#server/auth/model'
import { reader } from '#server/platform/database/transaction'
import { projectHeading } from '#server/requirements/queries'
import { taskRuns } from '#server/runs/queries'
import { findTask } from '#server/tasks/queries'
import { WorkspaceError } from '#server/workspaces/errors'
import { diffText, listFiles, mainCommit, readFileAt } from '#server/workspaces/git'
import { type DiffFile, parseDiff } from './rules/parse-diff'

export interface MergeView {
  id: string
  runId: string
  /** queued | merged | conflict | checks_failed */
  status: string
  detail: string
  ontoCommit: string | null
  mergedCommit: string | null
  createdAt: Date
  endedAt: Date | null
}

export interface DiffView {
  from: string
  to: string
  files: DiffFile[]
  /** The diff was cut at the limit: what is missing can be read in the workspace. */
  truncated: boolean
}

export interface FileListView {
  /** null when nothing has been built here yet */
  commit: string | null
  files: { path: string; bytes: number }[]
}

export interface FileView {
  commit: string
  path: string
  /** null when the file is binary */
  text: string | null
  truncated: boolean
}

/** Longest diff and file a page shows, bytes. */
const DIFF_LIMIT = 1_000_000
const FILE_LIMIT = 500_000

/** A task's places in the merge queue, oldest first. Empty for a foreign task. */
export function taskMerges(scope: Scope, taskId: string): Promise<MergeView[]> {
  return reader().merge.findMany({
    where: { taskId, organizationId: scope.organizationId },
    select: {
      id: true,
      runId: true,
      status: true,
      detail: true,
      ontoCommit: true,
      mergedCommit: true,
      createdAt: true,
      endedAt: true,
    },
    orderBy: { position: 'asc' },
  })
}

/**
 * What a task changed: from the base to the commit of its newest run that made one. Null while there is no commit.
 * @throws AppError task-not-found
 */
export async function taskDiff(scope: Scope, taskId: string): Promise<DiffView | null> {
  const task = await findTask(scope, taskId)
  const runs = await taskRuns(scope, taskId)
  const run = runs.findLast(({ baseCommit, commit }) => baseCommit && commit)
  const from = run?.baseCommit ?? task.baseCommit
  const to = run?.commit ?? task.resultCommit
  if (!from || !to) return null
  const text = await diffText(task.projectId, from, to, { maxBytes: DIFF_LIMIT })
  // The last line of a cut patch begins with an ellipsis, which no line of a patch does.
  const truncated = text.slice(text.lastIndexOf('\n', text.length - 2) + 1).startsWith('…')
  return { from, to, files: parseDiff(text), truncated }
}

/**
 * The files of a project at a commit, or at the newest merged state.
 * @throws RequirementError requirement-not-found when there is no such project
 */
export async function projectFiles(scope: Scope, place: { projectId: string; commit?: string }): Promise<FileListView> {
  await projectHeading(scope, place.projectId)
  const commit = place.commit ?? (await mainCommit(place.projectId))
  if (!commit) return { commit: null, files: [] }
  const files = await listFiles(place.projectId, commit)
  return { commit, files: files.map(({ path, bytes }) => ({ path, bytes })) }
}

/**
 * One file as text.
 * @throws RequirementError requirement-not-found when there is no such project, WorkspaceError file-missing or path-refused
 */
export async function projectFile(
  scope: Scope,
  place: { projectId: string; commit?: string; path: string },
): Promise<FileView> {
  await projectHeading(scope, place.projectId)
  const commit = place.commit ?? (await mainCommit(place.projectId))
  const file = commit ? await readFileAt(place.projectId, commit, place.path, { maxBytes: FILE_LIMIT }) : null
  if (!commit || !file) {
    throw new WorkspaceError({
      code: 'file-missing',
      kind: 'not-found',
      message: 'There is no such file in this state of the project. It may have been moved or removed since.',
    })
  }
  return { commit, path: place.path, text: file.binary ? null : file.text, truncated: file.truncated }
}
