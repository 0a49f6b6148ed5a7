import { forgetReplacedKeys } from '#server/agents/limits'
import { systemScope } from '#server/auth/gate'
import type { JobData } from '#server/kernel/job'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { enqueue } from '#server/platform/queue/queue'
import { wakeRequirements } from '#server/requirements/commands'
import { releaseHeld } from '#server/runs/commands'
import { advance } from './advance'
import { lockSlots, waitingForSlots, waitingForTime } from './repository/requirement'

/**
 * Job `advance-requirement`: brings a requirement as far as it can go without anybody else. Running twice is harmless,
 * because the second time there is nothing left to do. An event that an earlier advance has seen already costs one
 * read: a thousand runs that end together need few advances.
 */
export async function advanceRequirement(job: JobData): Promise<void> {
  const { requirementId, organizationId, sequence } = job
  if (!requirementId) return
  if (sequence && (await hasSeen(requirementId, BigInt(sequence)))) return
  await transaction(async (tx) => {
    const { wake, alarms } = await advance(tx, systemScope(organizationId), requirementId)
    await wakeRequirements(tx, organizationId, wake)
    const job = { name: 'advance-requirement' as const, organizationId, requirementId }
    await enqueue(
      tx,
      alarms.map((startAfterSeconds) => ({ job, startAfterSeconds })),
    )
  })
}

/**
 * Job `wake-waiting`: whoever waits for a slot has room perhaps, now that limits, agents or keys are other ones; and a
 * run that its provider held back finds out anew. Breakers of keys that were replaced are forgotten, and whoever waited
 * for them is looked at. What still has to wait says so again.
 */
export async function wakeWaiting({ organizationId }: JobData): Promise<void> {
  const scope = systemScope(organizationId)
  await transaction(async (tx) => {
    // Whoever decides on slots now has seen what was before: it says what it waits for first, and is woken then.
    await lockSlots(tx, organizationId)
    const reopened = await forgetReplacedKeys(tx, scope)
    const waiting = await waitingForSlots(tx, organizationId)
    const held = reopened ? await waitingForTime(tx, organizationId) : []
    await wakeRequirements(tx, organizationId, [...new Set([...waiting, ...held])])
    await append(tx, scope, await releaseHeld(tx, organizationId))
  })
}

async function hasSeen(requirementId: string, sequence: bigint): Promise<boolean> {
  const row = await database().requirement.findUnique({
    where: { id: requirementId },
    select: { advancedTo: true },
  })
  return row !== null && row.advancedTo >= sequence
}
