export const WORKSPACE_FOLDERS = {
  requirements: 'What people asked for, one file for each accepted requirement.',
  architecture: 'How the system is built and why: plans, designs, trade-offs.',
  implementation: 'The source code of the product.',
  tests: 'The checks that prove the product works.',
  deployment: 'How the product is shipped and run: pipelines, images, environments.',
  documentation: 'What users and maintainers need to read.',
  signals: 'What was noticed while working: ideas, quality issues, questions.',
  decisions: 'What people decided, with the options they had and the reasons.',
} as const

export interface ChangedFile {
  /** Relative to the workspace, with `/` between steps. */
  path: string
  status: 'added' | 'modified' | 'deleted'
}

export interface CommitAuthor {
  name: string
  email: string
}

/** Lines below a commit message that tie it to the product's rows, such as `Task: T-12`. */
export type Trailers = Readonly<Record<string, string>>

export interface MergeConflict {
  path: string
  /** The texts of the three sides, cut at 64 kB; `null` when that side has no such file. */
  base: string | null
  main: string | null
  task: string | null
}

export type MergeResult = { ok: true; commit: string; tree: string } | { ok: false; conflicts: MergeConflict[] }

export interface WorkspaceFile {
  path: string
  kind: 'file' | 'link'
  bytes: number
}

export interface FileContent {
  text: string
  bytes: number
  /** True when the content is not text; then `text` is empty. */
  binary: boolean
  truncated: boolean
}

export interface HistoryEntry {
  commit: string
  parents: string[]
  author: CommitAuthor
  /** ISO 8601. */
  at: string
  subject: string
  body: string
}

export interface FolderEntry {
  /** Relative to the worktree. */
  path: string
  kind: 'file' | 'folder' | 'link' | 'other'
  bytes: number
}

export interface SearchHit {
  path: string
  /** Counted from 1. */
  line: number
  text: string
}

export interface WorktreeCommit {
  projectId: string
  runId: string
  base: string
  message: string
  trailers?: Trailers
  author?: CommitAuthor
}

export interface MergeRequest {
  projectId: string
  main: string
  /** The one commit of a task. */
  commit: string
  message: string
  trailers?: Trailers
}
