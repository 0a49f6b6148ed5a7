export type ContainedPath = { ok: true; path: string } | { ok: false; reason: string }

const MAX_PATH_LENGTH = 1_024
const MAX_STEP_BYTES = 255

/**
 * Checks a path that an agent or a person gives for a file of a workspace, and brings it into one spelling: relative, `/`
 * between steps, no `.`. The empty path and `.` mean the workspace itself and become `''`.
 */
export function containedPath(path: string): ContainedPath {
  const refuse = (reason: string): ContainedPath => ({ ok: false, reason })
  if (path.length > MAX_PATH_LENGTH) return refuse(`the path is longer than ${MAX_PATH_LENGTH} characters`)
  if (path.includes('\0')) return refuse('the path contains a NUL character')
  if (hasControlCharacter(path)) return refuse('the path contains a control character')
  if (path.includes('\\')) return refuse('the path contains a backslash; use / between folders')
  if (path.startsWith('/') || /^[a-z]:/i.test(path))
    return refuse('the path is absolute; give it relative to the workspace')
  if (!path.isWellFormed()) return refuse('the path is not valid Unicode')
  const steps = path.split('/').filter((step) => step !== '' && step !== '.')
  if (steps.includes('..')) return refuse('the path contains ".."; it has to stay inside the workspace')
  if (steps.some(isGitFolder)) return refuse('the path goes into .git, which only the orchestrator writes')
  if (steps.some((step) => new TextEncoder().encode(step).length > MAX_STEP_BYTES))
    return refuse(`a name in the path is longer than ${MAX_STEP_BYTES} bytes`)
  return { ok: true, path: steps.join('/') }
}

function hasControlCharacter(text: string): boolean {
  return Array.from(text).some((character) => {
    const code = character.codePointAt(0) ?? 0
    return code < 32 || (code >= 127 && code < 160)
  })
}

/** Also the spellings that some file systems take for `.git`: other case, trailing dots and spaces, the short name. */
function isGitFolder(step: string): boolean {
  const plain = step
    .toLowerCase()
    .replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '')
    .replace(/[. ]+$/, '')
  return plain === '.git' || plain === 'git~1'
}

/**
 * Whether a link inside the workspace stays inside it, judged by its text alone.
 * @param path where the link is, relative to the workspace
 */
export function linkStaysInside(path: string, target: string): boolean {
  if (target.startsWith('/') || target.includes('\\') || target.includes('\0')) return false
  let depth = path.split('/').length - 1
  for (const step of target.split('/')) {
    if (step === '' || step === '.') continue
    if (isGitFolder(step)) return false
    depth += step === '..' ? -1 : 1
    if (depth < 0) return false
  }
  return true
}

/**
 * Patterns for sets of files, as tasks use them to say what they own. `*` and `?` stay within one name, `**` as a whole
 * step stands for any number of folders. A pattern without wildcards means that file or, when it is a folder, everything
 * below it. Everything else is literal, brackets and braces too, because file names of routers contain them.
 */

type Step = string | typeof ANY_DEPTH
const ANY_DEPTH = Symbol('any depth')

/** Whether a path (as `containedPath` returns it) belongs to at least one of the patterns. */
export function matchesGlobs(path: string, globs: readonly string[]): boolean {
  const steps = path.split('/').filter((step) => step !== '')
  return globs.some((glob) => alternatives(glob).some((pattern) => matchesSteps(pattern, steps)))
}

/**
 * Whether two patterns could mean the same file. Never false when some path matches both; patterns too long to work
 * through count as overlapping.
 */
export function overlaps(one: string, other: string): boolean {
  if (one.length > 1_000 || other.length > 1_000) return true
  return alternatives(one).some((first) => alternatives(other).some((second) => stepsOverlap(first, second)))
}

/** The files among `changed` that none of the owned patterns covers. */
export function outside(owned: readonly string[], changed: readonly string[]): string[] {
  return changed.filter((path) => !matchesGlobs(path, owned))
}

function alternatives(glob: string): Step[][] {
  const steps = glob.split('/').filter((step) => step !== '' && step !== '.')
  const pattern: Step[] = steps.map((step) => (step === '**' ? ANY_DEPTH : step))
  if (steps.length === 0) return glob === '' ? [] : [[ANY_DEPTH]]
  if (glob.endsWith('/') || !/[*?]/.test(glob)) return [pattern, [...pattern, ANY_DEPTH]]
  return [pattern]
}

function matchesSteps(pattern: readonly Step[], path: readonly string[]): boolean {
  return walk(
    pattern,
    path,
    (step) => step === ANY_DEPTH,
    () => false,
    (step, name) => step !== ANY_DEPTH && matchesName(step, name),
  )
}

function stepsOverlap(one: readonly Step[], other: readonly Step[]): boolean {
  const any = (step: Step) => step === ANY_DEPTH
  return walk(
    one,
    other,
    any,
    any,
    (first, second) => first !== ANY_DEPTH && second !== ANY_DEPTH && namesOverlap(first, second),
  )
}

function matchesName(pattern: string, name: string): boolean {
  return walk(
    Array.from(pattern),
    Array.from(name),
    (character) => character === '*',
    () => false,
    (character, given) => character === '?' || character === given,
  )
}

function namesOverlap(one: string, other: string): boolean {
  const star = (character: string) => character === '*'
  return walk(
    Array.from(one),
    Array.from(other),
    star,
    star,
    (first, second) => first === '?' || second === '?' || first === second,
  )
}

/**
 * Whether two sequences can describe the same thing, where some elements stand for any number of elements of the other
 * side. Fills a table from the end, so that time is the product of both lengths whatever the pattern.
 */
function walk<A, B>(
  one: readonly A[],
  other: readonly B[],
  isManyOne: (element: A) => boolean,
  isManyOther: (element: B) => boolean,
  same: (first: A, second: B) => boolean,
): boolean {
  let below: boolean[] = []
  for (let row = one.length; row >= 0; row--) {
    const current: boolean[] = []
    for (let column = other.length; column >= 0; column--) {
      const first = one[row]
      const second = other[column]
      const hasFirst = row < one.length
      const hasSecond = column < other.length
      const skipFirst = hasFirst && isManyOne(first as A)
      const skipSecond = hasSecond && isManyOther(second as B)
      current[column] =
        (!hasFirst && !hasSecond) ||
        (skipFirst && (below[column] === true || (hasSecond && current[column + 1] === true))) ||
        (skipSecond && (current[column + 1] === true || (hasFirst && below[column] === true))) ||
        (hasFirst &&
          hasSecond &&
          !skipFirst &&
          !skipSecond &&
          same(first as A, second as B) &&
          below[column + 1] === true)
    }
    below = current
  }
  return below[0] === true
}
