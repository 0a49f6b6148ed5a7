import type { Scope } from '#server/auth/model'
import type { Task } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'

/** Puts a proven, reviewed run into the project's merge queue. The same run is queued at most once. */
export async function queueMerge(tx: Transaction, scope: Scope, task: Task, runId: string): Promise<void> {
  const { count } = await tx.merge.createMany({
    data: [{ organizationId: task.organizationId, projectId: task.projectId, taskId: task.id, runId }],
    skipDuplicates: true,
  })
  if (count === 0) return
  await append(tx, scope, [
    {
      type: 'merge.queued',
      projectId: task.projectId,
      requirementId: task.requirementId,
      taskId: task.id,
      runId,
      payload: { ref: task.ref },
    },
  ])
}
