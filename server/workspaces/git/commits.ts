import { rm } from 'node:fs/promises'
import type { ChangedFile, CommitAuthor, Trailers } from '#server/workspaces/model'
import { temporaryIndex } from './layout'
import { type GitCall, gitFields, gitLine } from './run'

/** Who commits what people and agents decided; the author is the agent or person. */
export const ORCHESTRATOR: CommitAuthor = { name: 'Orchestrator', email: 'orchestrator@localhost' }

export interface NewCommit {
  tree: string
  parent: string | null
  message: string
  trailers?: Trailers
  author?: CommitAuthor
  /** When the author wrote it, ISO 8601; without it, now. */
  authoredAt?: string
}

/** Makes a commit object without touching any branch or file. Returns its id. */
export function commitTree(call: GitCall, commit: NewCommit): Promise<string> {
  const author = commit.author ?? ORCHESTRATOR
  const environment = {
    GIT_AUTHOR_NAME: identity(author.name) || 'unknown',
    GIT_AUTHOR_EMAIL: identity(author.email) || 'unknown',
    GIT_COMMITTER_NAME: ORCHESTRATOR.name,
    GIT_COMMITTER_EMAIL: ORCHESTRATOR.email,
    ...(commit.authoredAt === undefined ? {} : { GIT_AUTHOR_DATE: commit.authoredAt }),
  }
  const parent = commit.parent === null ? [] : ['-p', commit.parent]
  return gitLine(
    { ...call, environment, input: messageText(commit.message, commit.trailers ?? {}) },
    ...['commit-tree', commit.tree, ...parent, '-F', '-'],
  )
}

/** git ends a name at these characters. */
function identity(text: string): string {
  return text.replace(/[<>\n\r\0]/g, ' ').trim()
}

function messageText(message: string, trailers: Trailers): string {
  const lines = Object.entries(trailers).map(
    ([name, value]) => `${name.replace(/[^A-Za-z0-9-]/g, '-')}: ${oneLine(value)}`,
  )
  const body = message.replaceAll('\0', '\ufffd').trim() || 'No message'
  return lines.length === 0 ? `${body}\n` : `${body}\n\n${lines.join('\n')}\n`
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]+/g, ' ').trim()
}

/** Runs work with a private index and removes it afterwards, so that nothing is shared with the opened checkout. */
export async function withIndex<T>(call: GitCall, work: (call: GitCall) => Promise<T>): Promise<T> {
  const index = await temporaryIndex()
  try {
    return await work({ ...call, index })
  } finally {
    await rm(index, { force: true })
    await rm(`${index}.lock`, { force: true })
  }
}

export function treeOf(call: GitCall, commit: string): Promise<string> {
  return gitLine(call, 'rev-parse', '--verify', '--quiet', `${commit}^{tree}`)
}

const STATUS: Readonly<Record<string, ChangedFile['status']>> = { A: 'added', D: 'deleted' }

/** The files in which two commits or trees differ; a rename shows as one deleted and one added file. */
export async function changedFiles(call: GitCall, from: string, to: string): Promise<ChangedFile[]> {
  const fields = await gitFields(
    call,
    'diff-tree',
    '-r',
    '-z',
    '--name-status',
    '--no-renames',
    '--no-ext-diff',
    from,
    to,
  )
  const files: ChangedFile[] = []
  for (let index = 0; index + 1 < fields.length; index += 2)
    files.push({ path: fields[index + 1] ?? '', status: STATUS[fields[index] ?? ''] ?? 'modified' })
  return files
}
