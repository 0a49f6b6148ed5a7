import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import type { JobData } from '#server/kernel/job'
import { database } from '#server/platform/database/client'
import type { Requirement } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { enqueue } from '#server/platform/queue/queue'
import { lockRequirement } from '#server/requirements/commands'
import { isClosed, requirementStatuses } from '#server/requirements/model'
import { carryOut } from './carry-out'
import { loadFacts } from './repository'
import { nextSteps } from './rules/next-steps'

/** Rounds of steps in one transaction; each moves the state forward, so this is only a guard against a faulty rule. */
const MOST_ROUNDS = 50

/**
 * Brings a requirement as far as it can go without anybody else: facts → next steps → carried out, until there are
 * none. Running twice is harmless, because the second time there is nothing left to do.
 */
export async function advanceRequirement(job: JobData): Promise<void> {
  const { requirementId } = job
  if (!requirementId) return
  const scope = systemScope(job.organizationId)
  await transaction(async (tx) => {
    await lockRequirement(tx, scope, requirementId)
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      if (!(await oneRound(tx, scope, requirementId))) return
    }
    throw new Error(`requirement ${requirementId} did not come to rest after ${MOST_ROUNDS} rounds`)
  })
}

async function oneRound(tx: Transaction, scope: Scope, requirementId: string): Promise<boolean> {
  const requirement: Requirement = await tx.requirement.findUniqueOrThrow({ where: { id: requirementId } })
  const steps = nextSteps(await loadFacts(tx, scope, requirement))
  for (const step of steps) await carryOut(tx, scope, requirement, step)
  return steps.length > 0
}

/**
 * Looks once more at every unfinished requirement. Whatever a lost notification or a crashed process left lying is
 * found here within one interval; normally there is nothing to do.
 */
export async function sweep(): Promise<number> {
  const open = requirementStatuses.filter((status) => !isClosed(status))
  const rows = await database().requirement.findMany({
    where: { status: { in: [...open] } },
    select: { id: true, organizationId: true, projectId: true },
  })
  if (rows.length === 0) return 0
  await transaction((tx) =>
    enqueue(
      tx,
      rows.map((row) => ({
        job: {
          name: 'advance-requirement' as const,
          organizationId: row.organizationId,
          projectId: row.projectId,
          requirementId: row.id,
        },
      })),
    ),
  )
  return rows.length
}
