/** The four names that programs outside know. */
export const streamNames = ['requirement_submitted', 'task_completed', 'decision_needed', 'status_update'] as const
export type StreamName = (typeof streamNames)[number]

const names: Record<string, StreamName> = {
  'requirement.submitted': 'requirement_submitted',
  'task.finished': 'task_completed',
  'decision.raised': 'decision_needed',
}

/** What an event of the log is called outside; everything without a name of its own is a status update. */
export function streamName(type: string): StreamName {
  return (Object.hasOwn(names, type) && names[type]) || 'status_update'
}

/** Whether a subscription to some names wants an event: by one of the four, by its own finer type, or by "*". */
export function isWanted(wanted: readonly string[], type: string): boolean {
  return wanted.includes('*') || wanted.includes(type) || wanted.includes(streamName(type))
}
