import { existsSync, readdirSync, readFileSync } from 'node:fs'

interface Seen {
  pid: number
  parent: number
  /** clock ticks after boot: with the number it names one process for ever */
  startedAt: string
  name: string
  state: string
}

/** Fields as in proc(5); null when the process has ended or the system has no /proc. */
function look(pid: string): Seen | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const end = text.lastIndexOf(')')
    const fields = text.slice(end + 2).split(' ')
    return {
      pid: Number(pid),
      name: text.slice(text.indexOf('(') + 1, end),
      state: fields[0] ?? '',
      parent: Number(fields[1]),
      startedAt: fields[19] ?? '',
    }
  } catch {
    return null
  }
}

function all(): Seen[] {
  if (!existsSync('/proc/self/stat')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => look(name) ?? [])
}

/** Everything below a process, children of children included. */
export function descendants(root: number): Seen[] {
  const processes = all()
  const found: Seen[] = []
  const open = [root]
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    for (const process of processes) {
      if (process.parent !== parent) continue
      found.push(process)
      open.push(process.pid)
    }
  }
  return found
}

/** Remembers what processes start, so that what outlives them can be told from what other people run here. */
export class Witness {
  readonly #seen = new Map<string, Seen>()
  #timer: NodeJS.Timeout | undefined

  /** Looks again and again at what lies below the processes that `roots` names. */
  start(roots: () => number[], everyMs = 100): void {
    this.#timer = setInterval(() => {
      for (const root of roots()) for (const process of descendants(root)) this.#note(process)
    }, everyMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #note(process: Seen): void {
    this.#seen.set(`${process.pid}/${process.startedAt}`, process)
  }

  /** Of what was ever seen: what still lives and is not below one of these. */
  survivors(allowedRoots: number[]): Seen[] {
    const allowed = new Set(allowedRoots.flatMap((root) => descendants(root).map(({ pid }) => pid)))
    return [...this.#seen.values()].filter(({ pid, startedAt }) => {
      if (allowed.has(pid)) return false
      const now = look(String(pid))
      return now !== null && now.startedAt === startedAt && now.state !== 'Z'
    })
  }
}

/** Megabytes that a process had in memory at most, and has now. */
export function memoryMb(pid: number): { most: number; now: number } {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8')
    const of = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0) / 1024)
    return { most: of('VmHWM'), now: of('VmRSS') }
  } catch {
    return { most: 0, now: 0 }
  }
}
