import type { EventDraft } from '#server/kernel/event'
import type { Task } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { nextActorOf } from '#server/tasks/rules/next-actor'

/**
 * Puts proven, reviewed runs into the project's merge queue. The same run is queued at most once. The caller appends
 * the events last in its transaction.
 */
export async function queueMerges(
  tx: Transaction,
  orders: readonly {
    task: Pick<Task, 'id' | 'ref' | 'organizationId' | 'projectId' | 'requirementId'>
    runId: string
  }[],
  now: Date,
): Promise<EventDraft[]> {
  if (orders.length === 0) return []
  const { actor, name, reason, deadline } = nextActorOf({ kind: 'merge' }, now)
  const queued = await tx.merge.createManyAndReturn({
    data: orders.map(({ task, runId }) => ({
      organizationId: task.organizationId,
      projectId: task.projectId,
      taskId: task.id,
      runId,
      nextActor: actor,
      nextActorName: name,
      nextReason: reason,
      nextDeadline: deadline,
    })),
    skipDuplicates: true,
    select: { runId: true },
  })
  return orders
    .filter(({ runId }) => queued.some((row) => row.runId === runId))
    .map(({ task, runId }) => ({
      type: 'merge.queued',
      projectId: task.projectId,
      requirementId: task.requirementId,
      taskId: task.id,
      runId,
      payload: { ref: task.ref },
    }))
}
