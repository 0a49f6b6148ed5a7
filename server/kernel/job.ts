/** The ids a job may carry. A job only wakes somebody: the rows these ids name decide what happens. */
export interface JobData {
  organizationId: string
  projectId?: string
  requirementId?: string
  taskId?: string
  runId?: string
  decisionId?: string
  /** a delivery from outside that lies stored */
  inboundId?: string
  deliveryId?: string
  endpointId?: string
  interactionId?: string
  /** the event that set it in motion, to read its payload */
  sequence?: string
}

/**
 * quick: milliseconds of database work. long: model calls, sandboxes, git. message: mail and other servers, seconds of
 * waiting. Each lane has its own slots.
 */
export type Lane = 'quick' | 'long' | 'message'
