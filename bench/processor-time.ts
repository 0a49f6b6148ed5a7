import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second in /proc; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

interface Times {
  parent: number
  own: number
  ofEndedChildren: number
}

/** Field numbers as in proc(5); the name in parentheses may hold spaces. */
function timesOf(pid: string): Times | null {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return null
  try {
    const text = readFileSync(file, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const field = (number: number) => Number(fields[number - 3])
    return { parent: field(4), own: field(14) + field(15), ofEndedChildren: field(16) + field(17) }
  } catch {
    return null // it ended meanwhile
  }
}

/** Milliseconds of processor that a process and its children have used so far; null where /proc is missing. */
export function processorMs(pid: number): number | null {
  const parent = timesOf(String(pid))
  if (!parent) return null
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(timesOf)
    .filter((times) => times?.parent === pid)
  const ticks = children.reduce((sum, times) => sum + (times?.own ?? 0), parent.own + parent.ofEndedChildren)
  return (ticks * 1000) / TICKS_PER_SECOND
}

/** Milliseconds of processor of this process (children left out) and of Postgres, since the meter was made. */
export function meter(postgres: number): () => { process: number; postgres: number | null; wall: number } {
  const own = process.cpuUsage()
  const server = processorMs(postgres)
  const begin = performance.now()
  return () => {
    const used = process.cpuUsage(own)
    const now = processorMs(postgres)
    return {
      process: (used.user + used.system) / 1000,
      postgres: server === null || now === null ? null : now - server,
      wall: performance.now() - begin,
    }
  }
}
