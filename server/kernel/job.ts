/** The ids a job may carry. A job only wakes somebody: the rows these ids name decide what happens. */
export interface JobData {
  organizationId: string
  projectId?: string
  requirementId?: string
  taskId?: string
  runId?: string
  decisionId?: string
  /** the event that set it in motion, to read its payload */
  sequence?: string
}

/** quick: milliseconds of database work. long: model calls, sandboxes, git. Each lane has its own slots. */
export type Lane = 'quick' | 'long'
