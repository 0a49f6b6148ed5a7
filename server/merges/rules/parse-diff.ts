/** One line of a hunk, with its number on each side; null on the side where it does not exist. */
export interface DiffLine {
  kind: 'context' | 'added' | 'removed'
  oldNumber: number | null
  newNumber: number | null
  text: string
}

interface DiffHunk {
  header: string
  lines: DiffLine[]
}

export interface DiffFile {
  path: string
  /** Set when the file was renamed or copied. */
  oldPath: string | null
  change: 'added' | 'deleted' | 'renamed' | 'changed'
  binary: boolean
  added: number
  removed: number
  hunks: DiffHunk[]
}

/**
 * Reads git's unified diff (git-diff documentation, "Generating patch text with -p"). Anything it does not know is
 * skipped, never thrown: the text may have been cut at a byte limit in the middle of a line.
 */
export function parseDiff(text: string): DiffFile[] {
  const files: DiffFile[] = []
  let file: DiffFile | undefined
  let cursor: HunkCursor | undefined
  for (const line of text.split('\n')) {
    if (cursor && (cursor.oldLeft > 0 || cursor.newLeft > 0) && file && addLine(cursor, file, line)) continue
    if (line.startsWith('diff --git ')) {
      file = newFile(line)
      files.push(file)
      cursor = undefined
    } else if (file && line.startsWith('@@ ')) {
      cursor = startHunk(file, line)
    } else if (file && !cursor) {
      readHeader(file, line)
    }
  }
  return files
}

interface HunkCursor {
  hunk: DiffHunk
  oldNumber: number
  newNumber: number
  oldLeft: number
  newLeft: number
}

function newFile(line: string): DiffFile {
  const names = /^diff --git (?:"a\/(.*)"|a\/(.*)) (?:"b\/(.*)"|b\/(.*))$/.exec(line)
  const path = names?.[3] ?? names?.[4] ?? line.slice('diff --git '.length)
  return { path, oldPath: null, change: 'changed', binary: false, added: 0, removed: 0, hunks: [] }
}

function readHeader(file: DiffFile, line: string): void {
  if (line.startsWith('new file mode')) file.change = 'added'
  else if (line.startsWith('deleted file mode')) file.change = 'deleted'
  else if (line.startsWith('rename from ') || line.startsWith('copy from ')) {
    file.change = 'renamed'
    file.oldPath = line.slice(line.indexOf(' from ') + ' from '.length)
  } else if (line.startsWith('Binary files ') || line === 'GIT binary patch') file.binary = true
  else if (line.startsWith('+++ b/')) file.path = line.slice('+++ b/'.length).replace(/\t$/, '')
}

function startHunk(file: DiffFile, line: string): HunkCursor | undefined {
  const range = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line)
  if (!range) return undefined
  const hunk: DiffHunk = { header: line, lines: [] }
  file.hunks.push(hunk)
  return {
    hunk,
    oldNumber: Number(range[1]),
    newNumber: Number(range[3]),
    oldLeft: Number(range[2] ?? 1),
    newLeft: Number(range[4] ?? 1),
  }
}

/** @returns false when the line does not belong to the hunk */
function addLine(cursor: HunkCursor, file: DiffFile, line: string): boolean {
  const text = line.slice(1)
  if (line.startsWith('+')) {
    cursor.hunk.lines.push({ kind: 'added', oldNumber: null, newNumber: cursor.newNumber, text })
    cursor.newNumber += 1
    cursor.newLeft -= 1
    file.added += 1
  } else if (line.startsWith('-')) {
    cursor.hunk.lines.push({ kind: 'removed', oldNumber: cursor.oldNumber, newNumber: null, text })
    cursor.oldNumber += 1
    cursor.oldLeft -= 1
    file.removed += 1
  } else if (line.startsWith(' ')) {
    cursor.hunk.lines.push({ kind: 'context', oldNumber: cursor.oldNumber, newNumber: cursor.newNumber, text })
    cursor.oldNumber += 1
    cursor.newNumber += 1
    cursor.oldLeft -= 1
    cursor.newLeft -= 1
  } else return line.startsWith('\\') // "\ No newline at end of file"
  return true
}
