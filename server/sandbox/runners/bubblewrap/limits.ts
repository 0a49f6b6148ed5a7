import { readFileSync } from 'node:fs'

/**
 * Resource limits of one command, per process except the number of processes. RLIMIT_AS is left alone on purpose: Node
 * reserves address space it never uses and dies under it.
 */
const WANTED: readonly (readonly [option: string, name: string, value: number])[] = [
  ['nproc', 'Max processes', 256],
  ['data', 'Max data size', 2 * 1024 ** 3],
  ['fsize', 'Max file size', 1024 ** 3],
  ['nofile', 'Max open files', 4_096],
  ['core', 'Max core file size', 0],
  ['cpu', 'Max cpu time', 1_800],
]

/**
 * The prlimit call to put before the command. It runs inside the sandbox, where the number of processes counts for the
 * sandbox's own user namespace and not for everything the server's user has running.
 */
export function limitArguments(prlimit: string | null): string[] {
  if (prlimit === null) return []
  const hard = hardLimits()
  return [
    prlimit,
    ...WANTED.map(([option, name, value]) => `--${option}=${Math.min(value, hard.get(name) ?? value)}`),
    '--',
  ]
}

/** A process may lower its hard limits, never raise them: what the server got is the ceiling. */
function hardLimits(): Map<string, number> {
  const limits = new Map<string, number>()
  let text = ''
  try {
    text = readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return limits
  }
  for (const line of text.split('\n')) {
    const match = /^(Max [a-z ]+?)\s{2,}\S+\s+(\d+)/.exec(line)
    if (match?.[1] !== undefined) limits.set(match[1], Number(match[2]))
  }
  return limits
}
