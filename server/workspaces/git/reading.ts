import { cleanText } from '#server/kernel/clean-text'
import type { FileContent, HistoryEntry, WorkspaceFile } from '#server/workspaces/model'
import { type GitCall, git, gitFields, gitLine } from './run'

/** The files of a commit, all or those below a folder. */
export async function filesOf(call: GitCall, commit: string, folder: string | null): Promise<WorkspaceFile[]> {
  const below = folder === null ? [] : ['--', `${folder}/`]
  const fields = await gitFields(call, 'ls-tree', '-r', '-z', '-l', '--full-tree', commit, ...below)
  return fields.flatMap((field) => {
    const tab = field.indexOf('\t')
    const [mode, type, , size] = field.slice(0, tab).split(/ +/)
    if (type !== 'blob') return []
    const kind = mode === '120000' ? ('link' as const) : ('file' as const)
    return [{ path: field.slice(tab + 1), kind, bytes: Number(size) }]
  })
}

/** The content of `commit:path`, or `null` when that is not a file. */
export async function contentOf(call: GitCall, name: string, maxBytes: number): Promise<FileContent | null> {
  const kind = await gitLine({ ...call, answers: [128] }, 'cat-file', '-t', name)
  if (kind !== 'blob') return null
  const bytes = Number(await gitLine(call, 'cat-file', '-s', name))
  const { output } = await git({ ...call, maxBytes }, 'cat-file', 'blob', name)
  const binary = output.subarray(0, 8_000).includes(0)
  return { text: binary ? '' : cleanText(output.toString('utf8')), bytes, binary, truncated: bytes > output.length }
}

/** The unified patch between two commits, cut after a whole line when it is longer than `maxBytes`. */
export async function patchOf(call: GitCall, from: string, to: string, maxBytes: number): Promise<string> {
  const flags = ['-r', '-p', '-M', '--no-ext-diff', '--no-textconv', '--no-color', '--src-prefix=a/', '--dst-prefix=b/']
  const answer = await git({ ...call, maxBytes }, 'diff-tree', ...flags, from, to)
  const text = cleanText(answer.output.toString('utf8'))
  if (!answer.cut) return text
  return `${text.slice(0, text.lastIndexOf('\n') + 1)}… the patch is longer than ${maxBytes} bytes and ends here\n`
}

const HISTORY_FORMAT = '--format=%H%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%s%x1f%b'

/** Commits reachable from a reference, newest first. */
export async function historyOf(call: GitCall, reference: string, limit: number): Promise<HistoryEntry[]> {
  const range = [`--max-count=${Math.trunc(limit)}`, HISTORY_FORMAT, reference]
  const entries = await gitFields(call, 'log', '-z', '--no-show-signature', ...range)
  return entries.map((entry) => {
    const [commit = '', parents = '', name = '', email = '', at = '', subject = '', ...body] =
      cleanText(entry).split('\x1f')
    return {
      commit,
      parents: parents.split(' ').filter((parent) => parent !== ''),
      author: { name, email },
      at,
      subject,
      body: body.join('\x1f').trim(),
    }
  })
}
