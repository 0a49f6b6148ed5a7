import { database } from '#server/platform/database/client'
import { databaseNow } from '#server/platform/database/clock'
import type { Task } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { wakeRequirements } from '#server/requirements/commands'
import { nextActorOf } from '#server/tasks/rules/next-actor'

type Ref = Pick<Task, 'id' | 'organizationId' | 'requirementId'>

/**
 * Whether people have paused the task or its requirement: then nothing of it begins, and it says so. Whoever resumes it
 * puts its job into the queue again.
 */
export async function restsWhilePaused(task: Ref, status: 'proving' | 'merging'): Promise<boolean> {
  if ((await pausedBy(task)) === null) return false
  return transaction(async (tx) => {
    // Whoever resumes it holds this lock: it is seen here as resumed, or finds that there is no job any more.
    await tx.$queryRaw`select id from "Requirement" where id = ${task.requirementId}::uuid for update`
    const by = await pausedBy(task, tx)
    if (by === null) return false
    const { actor, name, reason, deadline } = nextActorOf({ kind: 'paused', by }, await databaseNow(tx))
    const says = { nextActor: actor, nextActorName: name, nextReason: reason, nextDeadline: deadline }
    const { count } = await tx.task.updateMany({ where: { id: task.id, status, nextActor: 'system' }, data: says })
    await tx.merge.updateMany({ where: { taskId: task.id, status: 'queued' }, data: says })
    if (count > 0) await wakeRequirements(tx, task.organizationId, [task.requirementId])
    return true
  })
}

/** Who has paused it; null when nobody has. */
async function pausedBy(task: Ref, tx: Transaction = database()): Promise<string | null> {
  const select = { pausedAt: true, pausedBy: true }
  const own = await tx.task.findUniqueOrThrow({ where: { id: task.id }, select })
  const requirement = await tx.requirement.findUniqueOrThrow({ where: { id: task.requirementId }, select })
  const paused = [requirement, own].find(({ pausedAt }) => pausedAt !== null)
  return paused ? paused.pausedBy || 'somebody' : null
}
