/** What a test run said about one statement. */
export interface TagCounts {
  passed: number
  failed: number
  /** todo or skipped: named, not proven */
  open: number
}

/** `[S12]` at the beginning of a test's name. */
const tag = /\[(S\d+)\]/g

/** A test point of TAP 13/14 (testanything.org): "ok 3 - name # TODO reason", at any depth. */
const tapPoint = /^\s*(not ok|ok)\b\s*(?:\d+)?\s*(?:-\s*)?(.*)$/

/** A test point as the spec reporter of node:test prints it. */
const specPoint = /^\s*(✔|✖|﹣|⚠)\s+(.*)$/

const directive = /#\s*(todo|skip)\b/i

interface Point {
  state: 'passed' | 'failed' | 'open'
  name: string
}

function readTap(line: string): Point | null {
  const match = tapPoint.exec(line)
  if (!match) return null
  const name = match[2] ?? ''
  if (directive.test(name)) return { state: 'open', name }
  return { state: match[1] === 'ok' ? 'passed' : 'failed', name }
}

function readSpec(line: string): Point | null {
  const match = specPoint.exec(line)
  if (!match) return null
  const name = match[2] ?? ''
  if (match[1] === '﹣' || match[1] === '⚠' || directive.test(name)) return { state: 'open', name }
  return { state: match[1] === '✔' ? 'passed' : 'failed', name }
}

/** Counts test points by the statement their name begins with. Empty when the output has no tagged test. */
export function countTags(output: string): Map<string, TagCounts> {
  const counts = new Map<string, TagCounts>()
  for (const line of output.split('\n')) {
    const point = readTap(line) ?? readSpec(line)
    if (!point) continue
    for (const [, ref] of point.name.matchAll(tag)) {
      if (!ref) continue
      const entry = counts.get(ref) ?? { passed: 0, failed: 0, open: 0 }
      entry[point.state] += 1
      counts.set(ref, entry)
    }
  }
  return counts
}

/**
 * The statements an executed acceptance command proves. Tagged tests decide where there are any: a statement needs a
 * passing test and none that failed or is still to do. Without tags the command's own claim counts, and only when it
 * ended with exit code 0. A command that failed proves nothing, whatever it printed.
 */
export function provenBy(execution: { exitCode: number | null; output: string; claims: readonly string[] }): {
  proves: string[]
  todo: string[]
} {
  const counts = countTags(execution.output)
  const todo = [...counts].filter(([, count]) => count.open > 0).map(([ref]) => ref)
  if (execution.exitCode !== 0) return { proves: [], todo }
  if (counts.size === 0) return { proves: [...execution.claims], todo: [] }
  const proves = [...counts]
    .filter(([, count]) => count.passed > 0 && count.failed === 0 && count.open === 0)
    .map(([ref]) => ref)
  return { proves, todo }
}
