import type { Lane } from '#server/kernel/job'

/**
 * The whole product on one page: what each event sets in motion. Appending an event enqueues these jobs in the same
 * transaction, so nothing happens without what follows from it, and nothing follows from what did not happen.
 */
export const jobLanes = {
  /** scheduler/handlers: facts → next steps, under the requirement's lock */
  'advance-requirement': 'quick',
  /** runs/handlers: one attempt of an agent at a plan, a task or a review */
  'execute-run': 'long',
  /** proofs/handlers: the acceptance commands of a task, in a clean checkout */
  'prove-task': 'long',
  /** proofs/handlers: every acceptance command once more, on what was merged */
  'verify-requirement': 'long',
  /** merges/handlers: the project's queue, one at a time */
  'merge-task': 'long',
  /** signals/handlers: what an agent noticed */
  'record-signal': 'quick',
  /** records/handlers: the readable file in the workspace */
  'write-record': 'long',
} as const satisfies Record<string, Lane>

export type JobName = keyof typeof jobLanes

export const flow: Record<string, readonly JobName[]> = {
  'requirement.submitted': ['advance-requirement', 'write-record'],
  'requirement.cancelled': ['write-record'],
  'requirement.closed': ['write-record'],
  'plan.proposed': [],
  'plan.accepted': ['advance-requirement', 'write-record'],
  'task.started': [],
  'task.sent-back': [],
  'task.finished': ['advance-requirement'],
  'task.failed': [],
  'run.queued': ['execute-run'],
  'run.started': [],
  'run.asked': [],
  'run.finished': ['advance-requirement'],
  'run.failed': ['advance-requirement'],
  'run.signalled': ['record-signal'],
  'proof.requested': ['prove-task'],
  'proof.recorded': ['advance-requirement'],
  'verification.requested': ['verify-requirement'],
  'verification.recorded': ['advance-requirement'],
  'merge.queued': ['merge-task'],
  'merge.ended': ['advance-requirement'],
  'decision.raised': [],
  'decision.answered': ['advance-requirement', 'write-record'],
  'signal.raised': ['write-record'],
}
