import type { MergeConflict } from '#server/workspaces/model'
import { type GitCall, git } from './run'

const SIDE_BYTES = 65_536

/** Merges two commits without any work tree: the merged tree, or the files on which they disagree. */
export async function mergeTrees(
  call: GitCall,
  main: string,
  task: string,
): Promise<{ ok: true; tree: string } | { ok: false; conflicts: MergeConflict[] }> {
  const answer = await git(
    { ...call, answers: [1] },
    'merge-tree',
    '--write-tree',
    '-z',
    '--name-only',
    '--no-messages',
    main,
    task,
  )
  const [tree = '', ...paths] = answer.output.toString('utf8').split('\0')
  if (answer.code === 0) return { ok: true, tree: tree.trim() }
  const base = (await git({ ...call, answers: [1] }, 'merge-base', main, task)).output.toString('utf8').trim()
  const conflicts: MergeConflict[] = []
  for (const path of new Set(paths.filter((name) => name !== '')))
    conflicts.push({
      path,
      base: base === '' ? null : await side(call, base, path),
      main: await side(call, main, path),
      task: await side(call, task, path),
    })
  return { ok: false, conflicts }
}

async function side(call: GitCall, commit: string, path: string): Promise<string | null> {
  const answer = await git({ ...call, answers: [128], maxBytes: SIDE_BYTES }, 'cat-file', 'blob', `${commit}:${path}`)
  return answer.code === 0 || answer.cut ? answer.output.toString('utf8') : null
}
