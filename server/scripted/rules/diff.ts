export interface DiffFile {
  path: string
  added: string[]
}

/** Files of a unified diff with the lines it adds. A deleted file counts with its old name. */
export function filesOfDiff(diff: string): DiffFile[] {
  const files: DiffFile[] = []
  let removedFrom = ''
  let current: DiffFile | null = null
  let inHunk = false
  for (const line of diff.split('\n')) {
    if (line.startsWith('diff --git ')) {
      inHunk = false
      current = { path: /^diff --git "?a\/.*?"? "?b\/(.*?)"?$/.exec(line)?.[1] ?? '', added: [] }
      files.push(current)
    } else if (line.startsWith('@@')) {
      inHunk = true
    } else if (!inHunk && line.startsWith('--- ')) {
      removedFrom = nameIn(line)
    } else if (!inHunk && line.startsWith('+++ ')) {
      const path = line.startsWith('+++ /dev/null') ? removedFrom : nameIn(line)
      if (current && (current.path === '' || current.added.length === 0)) current.path = path
      else {
        current = { path, added: [] }
        files.push(current)
      }
    } else if (inHunk && line.startsWith('+')) {
      current?.added.push(line.slice(1))
    }
  }
  return files.filter((file) => file.path !== '')
}

function nameIn(line: string): string {
  return line
    .slice(4)
    .replace(/\t.*$/, '')
    .replace(/^"(.*)"$/, '$1')
    .replace(/^[ab]\//, '')
}

export interface Trick {
  path: string
  text: string
}

const tricks: readonly { pattern: RegExp; text: string }[] = [
  { pattern: /\.only\s*\(|\bonly\s*:\s*true/, text: 'runs only some tests (`only`)' },
  { pattern: /process\.exit(?:Code)?\s*(?:=\s*0|\(\s*0?\s*\))/, text: 'ends the test process with success by hand' },
  {
    pattern:
      /\b(?:test|it)\s*\([^()]*,\s*(?:async\s*)?(?:\(\s*\w*\s*\)\s*=>|function\s*\w*\s*\(\s*\w*\s*\))\s*\{\s*\}\s*,?\s*\)/,
    text: 'has a test without a body, which always passes',
  },
  { pattern: /\bassert(?:\.ok)?\s*\(\s*true\s*[,)]/, text: 'asserts that true is true' },
]

/** Ways to make a check green that prove nothing, in the tests a diff adds. */
export function tricksIn(files: readonly DiffFile[]): Trick[] {
  return files.flatMap(({ path, added }) => {
    if (!/(^|\/)tests?\/|\.test\.[cm]?js$/.test(path)) return []
    const text = added.join('\n')
    return tricks.flatMap((trick) => (trick.pattern.test(text) ? [{ path, text: trick.text }] : []))
  })
}
