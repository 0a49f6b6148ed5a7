import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { cleanText } from '#server/kernel/clean-text'
import { oneAtATime } from '#server/sandbox/turns'
import { workspaceError } from './errors'
import { changedFiles, commitTree, treeOf, withIndex } from './git/commits'
import { gitDirectory, workspaceDirectory, worktreeDirectory, worktreeNote } from './git/layout'
import { mergeTrees } from './git/merge'
import { contentOf, filesOf, historyOf, patchOf } from './git/reading'
import { commitTexts, presentTexts } from './git/record'
import { removeFolder } from './git/removal'
import {
  bringForward,
  commitId,
  gitVersion,
  MAIN,
  moveReference,
  noMain,
  repository,
  requiredMain,
  resolve,
} from './git/repository'
import { git, gitLine } from './git/run'
import { stageWorktree } from './git/staging'
import {
  type ChangedFile,
  type FileContent,
  type HistoryEntry,
  type MergeRequest,
  type MergeResult,
  WORKSPACE_FOLDERS,
  type WorkspaceFile,
  type WorktreeCommit,
} from './model'
import { containedPath } from './rules/paths'

const MAX_ATTEMPTS = 20

/**
 * Checks that git is there and can merge without a work tree (2.38 or newer). Returns its version.
 * @throws WorkspaceError `git-unavailable`
 */
export function requireGit(): Promise<string> {
  return gitVersion()
}

/** Where people open a project's files. */
export function workspacePath(projectId: string): string {
  return workspaceDirectory(projectId)
}

/** Makes a project's repository with its eight folders on branch `main`. Does nothing when it is already there. */
export function createWorkspace(projectId: string, projectName: string): Promise<void> {
  return oneAtATime(`workspace ${projectId}`, async () => {
    await requireGit()
    const directory = workspaceDirectory(projectId)
    await mkdir(directory, { recursive: true })
    const bare = { gitDirectory: gitDirectory(projectId), workTree: directory }
    await git(bare, 'init', '--quiet', '--template=', '--initial-branch=main')
    const call = await repository(projectId)
    if ((await resolve(call, MAIN)) === null) {
      const title = cleanText(projectName).replace(/\s+/g, ' ').trim() || 'Project'
      const folders = Object.entries(WORKSPACE_FOLDERS).map(([folder, purpose]) => ({
        path: `${folder}/README.md`,
        text: `${purpose}\n`,
      }))
      const readme = {
        path: 'README.md',
        text: `# ${title}\n\nThe workspace of this project. Each folder says what lives there.\n`,
      }
      const files = [readme, ...folders]
      await commitTexts(call, { parent: null, files, message: `Create the workspace of ${title}` })
    }
    await bringForward(projectId)
  })
}

/** The commit main is at, or `null` while the project has no workspace. */
export async function mainCommit(projectId: string): Promise<string | null> {
  const present = await stat(gitDirectory(projectId)).catch(() => null)
  return present === null ? null : resolve(await repository(projectId), MAIN)
}

/** The hash of a commit's files: equal exactly when the files are. */
export async function treeHash(projectId: string, commit: string): Promise<string> {
  return treeOf(await repository(projectId), commitId(commit))
}

const note = z.object({ projectId: z.string(), base: z.string() })

/**
 * The files a run works on, at `base` or at main. An existing worktree is returned as it is, with what the run did so far.
 * Nothing of git lies inside; its owner becomes the sandbox's user with the first command.
 */
export function openWorktree(worktree: {
  projectId: string
  runId: string
  base?: string
}): Promise<{ path: string; base: string }> {
  return oneAtATime(`worktree ${worktree.runId}`, async () => {
    const directory = worktreeDirectory(worktree.runId)
    const noted = await readNote(worktree.runId)
    if (noted !== null && (await stat(directory).catch(() => null)) !== null)
      return { path: directory, base: noted.base }
    const call = await repository(worktree.projectId)
    const base = worktree.base === undefined ? await requiredMain(call) : commitId(worktree.base)
    const fresh = `${directory}.opening`
    await removeFolder(fresh)
    await removeFolder(directory)
    await checkoutClean({ projectId: worktree.projectId, commit: base, directory: fresh })
    await mkdir(path.dirname(worktreeNote(worktree.runId)), { recursive: true, mode: 0o700 })
    await writeFile(worktreeNote(worktree.runId), JSON.stringify({ projectId: worktree.projectId, base }))
    await rename(fresh, directory)
    return { path: directory, base }
  })
}

async function readNote(runId: string): Promise<z.infer<typeof note> | null> {
  const text = await readFile(worktreeNote(runId), 'utf8').catch(() => null)
  return text === null ? null : note.parse(JSON.parse(text))
}

/**
 * Commits everything a run changed as one commit on `base`, and points branch `task/<runId>` at it.
 * @returns `null` when nothing changed
 * @throws WorkspaceError `worktree-refused` when something in it must not be committed
 */
export async function commitWorktree(
  given: WorktreeCommit,
): Promise<{ commit: string; tree: string; files: ChangedFile[] } | null> {
  const call = await repository(given.projectId)
  const workTree = worktreeDirectory(given.runId)
  const base = commitId(given.base)
  if ((await stat(workTree).catch(() => null)) === null)
    throw workspaceError('worktree-missing', 'not-found', 'The worktree of this run is gone. Start the run again.')
  const tree = await withIndex(call, (indexed) => stageWorktree({ ...indexed, workTree }, base))
  if (tree === (await treeOf(call, base))) return null
  const { message, trailers, author } = given
  const commit = await commitTree(call, {
    tree,
    parent: base,
    message,
    ...(trailers && { trailers }),
    ...(author && { author }),
  })
  await git(call, 'update-ref', `refs/heads/task/${given.runId}`, commit)
  return { commit, tree, files: await changedFiles(call, base, commit) }
}

/** Removes the files of a run. Its commit stays on branch `task/<runId>`. */
export function closeWorktree(worktree: { projectId: string; runId: string }): Promise<void> {
  return oneAtATime(`worktree ${worktree.runId}`, async () => {
    await removeFolder(worktreeDirectory(worktree.runId))
    await rm(worktreeNote(worktree.runId), { force: true })
  })
}

/** Writes exactly a commit's files into a folder that is new or empty, for checks that must not see anything else. */
export async function checkoutClean(given: { projectId: string; commit: string; directory: string }): Promise<void> {
  const call = await repository(given.projectId)
  await mkdir(given.directory, { recursive: true, mode: 0o755 })
  if ((await readdir(given.directory)).length > 0)
    throw workspaceError('worktree-refused', 'conflict', 'The folder for a clean checkout is not empty.')
  await withIndex({ ...call, workTree: given.directory }, (indexed) =>
    git(indexed, 'read-tree', '--reset', '-u', commitId(given.commit)),
  )
}

export async function diffNames(projectId: string, from: string, to: string): Promise<ChangedFile[]> {
  return changedFiles(await repository(projectId), commitId(from), commitId(to))
}

/** The unified patch between two commits. A longer one is cut at `maxBytes` after a whole line, and its last line says so. */
export async function diffText(
  projectId: string,
  from: string,
  to: string,
  options: { maxBytes: number },
): Promise<string> {
  return patchOf(await repository(projectId), commitId(from), commitId(to), options.maxBytes)
}

/**
 * Puts a task's commit on top of main as one commit with one parent, keeping its author. Moves no branch: check the result
 * first, then `advanceMain`. When the task's change is already in main, the answer is main itself.
 */
export async function mergeOnto(request: MergeRequest): Promise<MergeResult> {
  const call = await repository(request.projectId)
  const main = commitId(request.main)
  const task = commitId(request.commit)
  const merged = await mergeTrees(call, main, task)
  if (!merged.ok) return merged
  if (merged.tree === (await treeOf(call, main))) return { ok: true, commit: main, tree: merged.tree }
  const written = await gitLine(call, 'show', '-s', '--no-show-signature', '--format=%an%x00%ae%x00%aI', task)
  const [name = '', email = '', authoredAt = ''] = written.split('\0')
  const { message, trailers } = request
  const commit = await commitTree(call, {
    tree: merged.tree,
    parent: main,
    message,
    author: { name, email },
    authoredAt,
    ...(trailers && { trailers }),
  })
  return { ok: true, commit, tree: merged.tree }
}

/**
 * Moves main from one commit to another if nobody else moved it meanwhile, then brings the opened checkout forward.
 * @returns false when main is not at `from` any more; then nothing happened
 */
export function advanceMain(move: { projectId: string; from: string; to: string }): Promise<boolean> {
  return oneAtATime(`workspace ${move.projectId}`, async () => {
    const call = await repository(move.projectId)
    if (!(await moveReference(call, MAIN, commitId(move.from), commitId(move.to)))) return false
    await bringForward(move.projectId)
    return true
  })
}

/** Tries again to bring the opened checkout to main. `behind` says in one sentence why it is not, if it is not. */
export function refreshCheckout(projectId: string): Promise<{ behind: string | null }> {
  return oneAtATime(`workspace ${projectId}`, async () => ({ behind: await bringForward(projectId) }))
}

/**
 * Commits text files straight onto main, so that requirements, plans and decisions can be read in the repository. Starts
 * over when somebody else moved main meanwhile. The same texts again make no commit.
 * @returns the commit that holds the files
 * @throws WorkspaceError `path-refused`, or `main-moved` when others were faster twenty times
 */
export async function writeRecord(
  projectId: string,
  files: readonly { path: string; text: string }[],
  message: string,
): Promise<string> {
  const contained = files.map((file) => ({ path: recordPath(file.path), text: cleanText(file.text) }))
  return oneAtATime(`workspace ${projectId}`, async () => {
    const call = await repository(projectId)
    const paths = contained.map((file) => file.path)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const present = await presentTexts(call, paths)
      if (!present) throw noMain()
      if (contained.every((file) => present.texts.get(file.path) === file.text)) return present.main
      const commit = await commitTexts(call, { parent: present.main, files: contained, message })
      if (commit === null) continue
      await bringForward(projectId)
      return commit
    }
    throw workspaceError(
      'main-moved',
      'conflict',
      'Main moved every time the record was about to be written. Try again.',
      {
        retryable: true,
      },
    )
  })
}

function recordPath(given: string): string {
  const contained = containedPath(given)
  if (contained.ok && contained.path !== '') return contained.path
  throw workspaceError(
    'path-refused',
    'invalid',
    `"${given.slice(0, 200)}" is not a file of the workspace${contained.ok ? '' : `: ${contained.reason}`}.`,
  )
}

/** The files of a commit, optionally only those below a folder. */
export async function listFiles(projectId: string, commit: string, under?: string): Promise<WorkspaceFile[]> {
  const folder = under === undefined || under === '' ? null : recordPath(under)
  return filesOf(await repository(projectId), commitId(commit), folder)
}

/** A file as it is in a commit, or `null` when it is not there. A link gives the path it names, not what is behind it. */
export async function readFileAt(
  projectId: string,
  commit: string,
  file: string,
  options: { maxBytes: number },
): Promise<FileContent | null> {
  return contentOf(await repository(projectId), `${commitId(commit)}:${recordPath(file)}`, options.maxBytes)
}

/** What happened on main, newest first. */
export async function history(projectId: string, options: { limit: number }): Promise<HistoryEntry[]> {
  return historyOf(await repository(projectId), MAIN, options.limit)
}
