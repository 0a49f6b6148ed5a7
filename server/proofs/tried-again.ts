import { AppError, messageOf } from '#server/kernel/app-error'
import { cleanText } from '#server/kernel/clean-text'
import type { Task } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { maskSecrets } from '#server/platform/logging/redact'
import { wakeRequirements } from '#server/requirements/commands'

/** What is said while something fails that the queue tries again: a sandbox, a disk or a repository that is missing. */
export function triedAgain(error: unknown, what: 'proven' | 'merged' | 'verified'): string {
  const noSandbox = error instanceof AppError && error.code === 'sandbox-unavailable'
  const why = noSandbox
    ? `This machine has no working sandbox, so it can’t be ${what}: “npm run doctor” says why.`
    : `It can’t be ${what} for now: ${maskSecrets(cleanText(messageOf(error))).slice(0, 300)}`
  return `${why.replace(/[.\s]*$/, '.')} Orchestrator tries again and again.`
}

/** The task says so, and its requirement follows, if the task still is where the failure was. */
export async function sayOnTask(
  tx: Transaction,
  { id, organizationId, requirementId }: Pick<Task, 'id' | 'organizationId' | 'requirementId'>,
  status: 'proving' | 'merging',
  nextReason: string,
): Promise<void> {
  const { count } = await tx.task.updateMany({
    where: { id, status, pausedAt: null, nextReason: { not: nextReason } },
    data: { nextReason },
  })
  if (count > 0) await wakeRequirements(tx, organizationId, [requirementId])
}
