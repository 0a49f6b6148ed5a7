import type { Lane } from '#server/kernel/job'

/**
 * The whole product on one page: what each event sets in motion. Appending an event enqueues these jobs in the same
 * transaction, so nothing happens without what follows from it, and nothing follows from what did not happen.
 */
export const jobLanes = {
  /** scheduler/handlers: facts → next steps, under the requirement's lock */
  'advance-requirement': 'quick',
  /** scheduler/handlers: limits, agents or keys changed, and what waits for room or a provider is looked at */
  'wake-waiting': 'quick',
  /** runs/handlers: one attempt of an agent at a plan, a task or a review */
  'execute-run': 'long',
  /** proofs/handlers: the acceptance commands of a task, in a clean checkout */
  'prove-task': 'long',
  /** proofs/handlers: every acceptance command once more, on what was merged */
  'verify-requirement': 'long',
  /** merges/handlers: the project's queue, one at a time */
  'merge-task': 'long',
  /** runs/handlers: a used-up budget was answered or changed, and what waited goes on */
  'settle-budget-walls': 'quick',
  /** signals/handlers: what happened, or what an agent noticed, becomes a signal */
  'record-signal': 'quick',
  /** signals/handlers: what came in from outside becomes signals */
  'read-delivery': 'quick',
  /** signals/handlers: an agent judges what no rule knows */
  'classify-signal': 'long',
  /** signals/handlers: the answer to a signal's question is carried out */
  'act-on-signal': 'quick',
  /** notifications/handlers: who is told of an event, and by what; what was told is settled */
  notify: 'quick',
  /** notifications/handlers: one message by one channel */
  'deliver-message': 'message',
  /** notifications/handlers: an endpoint's events, one after the other */
  'deliver-webhooks': 'message',
  /** notifications/handlers: a button pressed in Slack */
  'answer-from-slack': 'quick',
  /** records/handlers: the readable file in the workspace */
  'write-record': 'long',
} as const satisfies Record<string, Lane>

export type JobName = keyof typeof jobLanes

/**
 * Several of these that wait for the same row are done at once: a look at a requirement is worth as much as many, and
 * records of one project become one commit.
 */
export const coalescedJobs: Partial<Record<JobName, 'requirementId' | 'projectId'>> = {
  'advance-requirement': 'requirementId',
  'write-record': 'projectId',
}

/** One at a time of each organization in a process: they would only wait for the same lock, each with a connection. */
export const serialJobs: ReadonlySet<JobName> = new Set<JobName>(['advance-requirement'])

/** Seconds of the windows at whose end jobs are done that nobody waits for, all of a window together. */
export const gatheringSeconds: Partial<Record<JobName, number>> = { 'write-record': 2 }

export const flow: Record<string, readonly JobName[]> = {
  'requirement.submitted': ['advance-requirement', 'write-record'],
  'requirement.cancelled': ['write-record', 'record-signal'],
  'requirement.closed': ['write-record', 'record-signal', 'notify'],
  'plan.proposed': [],
  'plan.accepted': ['advance-requirement', 'write-record'],
  'plan.revised': ['advance-requirement', 'write-record'],
  'plan.settled': ['advance-requirement'],
  'task.started': [],
  'task.sent-back': ['record-signal'],
  'task.finished': [],
  'task.failed': ['record-signal', 'notify'],
  'actor.overdue': ['record-signal'],
  'run.queued': ['execute-run'],
  'run.started': [],
  'run.held': ['advance-requirement'],
  'run.asked': ['advance-requirement'],
  'run.finished': ['advance-requirement'],
  'run.failed': ['advance-requirement'],
  'run.signalled': ['record-signal'],
  'proof.requested': ['prove-task'],
  'proof.recorded': ['advance-requirement'],
  'verification.requested': ['verify-requirement'],
  'verification.recorded': ['advance-requirement', 'record-signal'],
  'merge.queued': ['merge-task'],
  'merge.ended': ['advance-requirement'],
  'decision.raised': ['notify'],
  'decision.predicted': [],
  'decision.answered': ['settle-budget-walls', 'advance-requirement', 'write-record', 'act-on-signal', 'notify'],
  'decision.undone': ['advance-requirement', 'write-record', 'notify'],
  'decision.delegated': ['notify'],
  'decision.snoozed': [],
  'decision.held': [],
  'decision.expired': ['write-record', 'act-on-signal', 'notify'],
  'decision.withdrawn': ['settle-budget-walls', 'write-record', 'act-on-signal', 'notify'],
  'precedent.changed': [],
  'precedent.demoted': [],
  'agent.created': ['wake-waiting'],
  'agent.changed': ['wake-waiting'],
  'agent.enabled': ['wake-waiting'],
  'agent.disabled': ['wake-waiting'],
  'credential.added': ['wake-waiting'],
  'credential.revoked': ['wake-waiting'],
  'provider-limit.changed': ['wake-waiting'],
  'organization-limit.changed': ['wake-waiting'],
  'project-limit.changed': ['wake-waiting'],
  'budget.changed': ['settle-budget-walls'],
  'price.changed': ['settle-budget-walls'],
  'price.removed': [],
  'signal.raised': ['write-record', 'notify'],
  'signal.undecided': ['classify-signal'],
  'signal.repeated': [],
  'signal.acted': [],
  'signal.closed': [],
  'notification.sent': [],
  'notification.settled': [],
  'webhook.added': [],
  'webhook.changed': [],
  'webhook.secret-rotated': [],
  'webhook.enabled': [],
  'webhook.redelivered': [],
  'webhook.disabled': ['notify'],
  'webhook.removed': [],
  'slack.connected': [],
  'slack.disabled': ['notify'],
  'slack.removed': [],
  'slack.person-linked': [],
  'slack.person-unlinked': [],
}
