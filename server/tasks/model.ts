const taskStatuses = [
  'waiting',
  'ready',
  'running',
  'asking',
  'proving',
  'reviewing',
  'merging',
  'done',
  'failed',
  'cancelled',
] as const
export type TaskStatus = (typeof taskStatuses)[number]

/** True when nothing will happen to the task any more. */
export function isEnded(status: TaskStatus): boolean {
  return status === 'done' || status === 'failed' || status === 'cancelled'
}

/** People who may answer a question, as a group. */
export const TEAM = 'The team'
export const ADMINS = 'Owners and admins'
export const OWNERS = 'Owners'
const groups: ReadonlySet<string> = new Set([TEAM, ADMINS, OWNERS])

/** A next actor's name inside a sentence: the names of groups begin in lower case there. */
export function inSentence(name: string): string {
  return groups.has(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name
}

/** Whom a question waits for: one person, or several people by their names or as a group. */
export interface Asked {
  actor: 'person' | 'group'
  name: string
}
