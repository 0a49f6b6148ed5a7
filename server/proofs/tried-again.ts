import { askedOf } from '#server/decisions/waiting'
import { AppError, messageOf } from '#server/kernel/app-error'
import { cleanText } from '#server/kernel/clean-text'
import { databaseNow } from '#server/platform/database/clock'
import type { Task } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { maskSecrets } from '#server/platform/logging/redact'
import { wakeRequirements } from '#server/requirements/commands'
import { sandboxRunner } from '#server/sandbox/registry'

/** Milliseconds until whoever must mend a machine is reminded: that tells them. */
const MEND_MS = 10 * 60_000

/** Columns of what waits while something fails that the queue tries again. */
export interface Failing {
  nextActor: string
  nextActorName: string
  nextReason: string
  nextDeadline?: Date
}

/**
 * What is said while a proof, merge or verification fails and the queue tries again: Orchestrator itself has the next
 * move when a disk or a repository is missing; without a sandbox whoever may mend the machine has.
 */
export async function failing(
  tx: Transaction,
  { organizationId }: { organizationId: string },
  error: unknown,
  what: 'proven' | 'merged' | 'verified',
): Promise<Failing> {
  const why = maskSecrets(cleanText(messageOf(error)))
  if (!(error instanceof AppError) || error.code !== 'sandbox-unavailable') {
    const nextReason = `${`It can’t be ${what} for now: ${why.slice(0, 300)}`.replace(/[.\s]*$/, '.')} Orchestrator tries again and again.`
    return { nextActor: 'system', nextActorName: 'Orchestrator', nextReason }
  }
  const admins = { organizationId, assigneeName: '', answerRole: 'admin', answererIds: [] }
  const { actor, name } = await askedOf(tx, admins)
  return {
    nextActor: actor,
    nextActorName: name,
    nextReason: `${name} must give this machine a working sandbox, or it can’t be ${what}; “npm run doctor” says what is missing. Orchestrator looks every minute and goes on by itself. ${why}`,
    nextDeadline: new Date((await databaseNow(tx)).getTime() + MEND_MS),
  }
}

/** The task says so, and its requirement follows, if the task still is where the failure was. */
export async function sayOnTask(
  tx: Transaction,
  { id, organizationId, requirementId }: Pick<Task, 'id' | 'organizationId' | 'requirementId'>,
  status: 'proving' | 'merging',
  says: Failing,
): Promise<void> {
  const { count } = await tx.task.updateMany({
    where: { id, status, pausedAt: null, nextReason: { not: says.nextReason } },
    data: says,
  })
  if (count > 0) await wakeRequirements(tx, organizationId, [requirementId])
}

/**
 * Whether a person was asked to mend the machine, and has: then it is Orchestrator's turn again.
 * @throws AppError sandbox-unavailable while it is not mended
 */
export async function isMended({ nextActor }: { nextActor: string }): Promise<boolean> {
  if (nextActor !== 'person' && nextActor !== 'group') return false
  await sandboxRunner()
  return true
}
