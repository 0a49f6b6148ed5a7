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
