/** The four names the REST stream knows. */
export type StreamName = 'requirement_submitted' | 'task_completed' | 'decision_needed' | 'status_update'

const names: Record<string, StreamName> = {
  'requirement.submitted': 'requirement_submitted',
  'task.finished': 'task_completed',
  'decision.raised': 'decision_needed',
}

/** What an event of the log is called on the REST stream; everything without a name of its own is a status update. */
export function streamName(type: string): StreamName {
  return (Object.hasOwn(names, type) && names[type]) || 'status_update'
}
