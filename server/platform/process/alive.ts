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
  try {
    // "pid (name) state …"; the name may hold spaces and parentheses (proc(5))
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z'
  } catch {
    return true // no /proc on this system
  }
}
