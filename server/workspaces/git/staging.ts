import { lstat, readdir } from 'node:fs/promises'
import path from 'node:path'
import { messageOf } from '#server/kernel/app-error'
import { workspaceError } from '#server/workspaces/errors'
import { linkStaysInside } from '#server/workspaces/rules/paths'
import { type GitCall, git, gitFields, gitLine } from './run'

const MAX_FILE_BYTES = 10 * 1_048_576
const MAX_ENTRIES = 200_000

/**
 * Takes the files of a worktree into the call's index and returns the tree. The index starts from `base` each time, so no
 * trick with file times hides a change.
 * @throws WorkspaceError `worktree-refused` naming what can't be committed: links that lead outside, sockets, devices,
 *   repositories inside the worktree, files over 10 MB
 */
export async function stageWorktree(call: GitCall & { workTree: string }, base: string): Promise<string> {
  await git(call, 'read-tree', base)
  const ignored = await gitFields(call, 'ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory')
  await inspectFolder(call.workTree, '', new Set(ignored.map((name) => name.replace(/\/$/, ''))), { entries: 0 })
  await git(call, 'add', '--all', '--', '.').catch((cause: unknown) => {
    throw refused(`git could not read it (${messageOf(cause)})`, cause)
  })
  const tree = await gitLine(call, 'write-tree')
  await inspectTree(call, base, tree)
  return tree
}

async function inspectFolder(
  root: string,
  folder: string,
  ignored: ReadonlySet<string>,
  seen: { entries: number },
): Promise<void> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch((cause: unknown) => {
    throw refused(`the folder "${folder}" can't be read. Give it its permissions back (chmod u+rwx).`, cause)
  })
  for (const entry of entries) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (ignored.has(name)) continue
    seen.entries++
    if (seen.entries > MAX_ENTRIES)
      throw refused(`it has more than ${MAX_ENTRIES} files. Ignore generated folders in .gitignore.`)
    if (entry.name.toLowerCase() === '.git')
      throw refused(`"${name}" is a git repository inside the worktree. Remove it.`)
    if (entry.isDirectory()) await inspectFolder(root, name, ignored, seen)
    else if (entry.isFile()) {
      const { size } = await lstat(path.join(root, name))
      if (size > MAX_FILE_BYTES) throw refused(`"${name}" is larger than 10 MB. Remove it or ignore it in .gitignore.`)
    } else if (!entry.isSymbolicLink()) throw refused(`"${name}" is neither a file, a folder nor a link. Remove it.`)
  }
}

/** Judges what git really took, not what the folder looked like a moment ago. */
async function inspectTree(call: GitCall, base: string, tree: string): Promise<void> {
  const fields = await gitFields(call, 'diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', base, tree)
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [, mode = '', , blob = ''] = (fields[index] ?? '').split(' ')
    const name = fields[index + 1] ?? ''
    if (mode === '160000') throw refused(`"${name}" is a git repository inside the worktree. Remove it.`)
    if (mode !== '120000') continue
    const target = (await git(call, 'cat-file', 'blob', blob)).output.toString('utf8')
    if (!linkStaysInside(name, target))
      throw refused(`"${name}" is a link that leads outside the worktree. Remove it or link to a file inside.`)
  }
}

function refused(why: string, cause?: unknown) {
  return workspaceError('worktree-refused', 'invalid', `The worktree can't be committed: ${why}`, { cause })
}
