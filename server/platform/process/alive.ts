import { readFileSync } from 'node:fs'

/**
 * Whether a process still runs. One that has ended but was not collected by its parent counts as ended: in a container
 * whose first process collects nobody, such entries stay for ever.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return statOf(pid)?.[0] !== 'Z'
}

/** When a process was started, as the system counts: tells it from an earlier one of the same number. Empty when unknown. */
export function startOf(pid: number): string {
  return statOf(pid)?.[19] ?? ''
}

/** What /proc tells of a process from its state on; null on a system without it. */
function statOf(pid: number): string[] | null {
  try {
    // "pid (name) state …"; the name may hold spaces and parentheses (proc(5))
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}
