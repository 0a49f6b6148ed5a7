import { systemScope } from '#server/auth/gate'
import type { JobName } from '#server/flow'
import { exhaustive } from '#server/kernel/exhaustive'
import { mergeTask } from '#server/merges/handlers'
import { answerSlack, deliverMessage, deliverToEndpoint, notify } from '#server/notifications/handlers'
import { planAssignment } from '#server/planner/assignment'
import type { Run } from '#server/platform/database/generated/client'
import type { JobHandler } from '#server/platform/queue/consumer'
import { reviewAssignment } from '#server/proofs/assignment'
import { proveTask, verifyRequirement } from '#server/proofs/handlers'
import { writeRecords } from '#server/records/handlers'
import { workAssignment } from '#server/runs/assignment'
import { executeRun } from '#server/runs/execute'
import { settleBudgetWalls } from '#server/runs/handlers'
import type { RunPurpose } from '#server/runs/model'
import type { Assignment } from '#server/runs/ports'
import { advanceRequirement, wakeWaiting } from '#server/scheduler/handlers'
import { actOnSignal, classifySignal, readDelivery, recordSignal } from '#server/signals/handlers'

function assignmentFor(run: Run): Assignment {
  const purpose = run.purpose as RunPurpose
  switch (purpose) {
    case 'plan':
      return planAssignment()
    case 'implement':
      return workAssignment()
    case 'review':
      return reviewAssignment()
    default:
      return exhaustive(purpose)
  }
}

/** Which room does which job. */
export function handlers(worker: string): Record<JobName, JobHandler> {
  return {
    'advance-requirement': advanceRequirement,
    'wake-waiting': wakeWaiting,
    'execute-run': (job, signal) =>
      executeRun(systemScope(job.organizationId), job.runId as string, { worker, signal, assignmentFor }),
    'prove-task': proveTask,
    'verify-requirement': verifyRequirement,
    'merge-task': mergeTask,
    'record-signal': recordSignal,
    'read-delivery': readDelivery,
    'classify-signal': classifySignal,
    'act-on-signal': actOnSignal,
    notify,
    'deliver-message': deliverMessage,
    'deliver-webhooks': deliverToEndpoint,
    'answer-from-slack': answerSlack,
    'settle-budget-walls': settleBudgetWalls,
    'write-record': (_job, _signal, all) => writeRecords(all),
  }
}
