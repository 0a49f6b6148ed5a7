import { forgetReplacedKeys, organizationsHeldUp } from '#server/agents/limits'
import { systemScope } from '#server/auth/gate'
import type { JobData } from '#server/kernel/job'
import { database } from '#server/platform/database/client'
import { databaseFailure } from '#server/platform/database/failures'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { logger } from '#server/platform/logging/logger'
import { enqueue } from '#server/platform/queue/queue'
import { wakeRequirements } from '#server/requirements/commands'
import { releaseHeld } from '#server/runs/commands'
import { advance } from './advance'
import { lastSeen, lockSlots, waitingForSlots, waitingForTime } from './repository/requirement'

/** Requirements that are handed slots in the transaction that set them free; more are woken by jobs of their own. */
const MOST_HEIRS = 8

/**
 * Job `advance-requirement`: brings a requirement as far as it can go without anybody else, and those whose turn it is
 * for the slots it leaves. Running twice is harmless, because the second time there is nothing left to do. An event that
 * an earlier advance has seen already costs one read: a thousand runs that end together need few advances.
 */
export async function advanceRequirement(job: JobData): Promise<void> {
  if (await hasSeen(job)) return
  try {
    await transaction((tx) => advanceWith(tx, job, MOST_HEIRS))
  } catch (error) {
    if (databaseFailure(error)) throw error
    // What is wrong with another requirement must not hold up this one: without heirs, which get jobs of their own.
    logger().warn({ err: error, job }, 'an advance failed and is made once more without handing slots on')
    await transaction((tx) => advanceWith(tx, job, 0))
  }
}

async function advanceWith(tx: Transaction, job: JobData, most: number): Promise<void> {
  const { requirementId, organizationId, sequence } = job
  if (!requirementId) return
  const scope = systemScope(organizationId)
  const first = await advance(tx, scope, requirementId, sequence ? { unseen: BigInt(sequence) } : {})
  if (!first) return
  const made = new Map([[requirementId, first]])
  const wake = new Set(first.wake)
  let { heirs } = first
  for (let count = 0; count < most; count += 1) {
    const heir = heirs.find((id) => !made.has(id) && !wake.has(id))
    if (heir === undefined) break
    const followers = await advance(tx, scope, heir, { asHeir: true })
    if (!followers) {
      // Somebody else is at it.
      wake.add(heir)
      continue
    }
    made.set(heir, followers)
    for (const id of followers.wake) wake.add(id)
    heirs = followers.heirs
  }
  await wakeRequirements(tx, organizationId, [...new Set([...wake, ...heirs])])
  const later = [...made].flatMap(([id, { alarms }]) =>
    alarms.map((startAfterSeconds) => ({ job: advanceOf(organizationId, id), startAfterSeconds })),
  )
  await enqueue(tx, later)
}

async function hasSeen({ requirementId, sequence }: JobData): Promise<boolean> {
  if (!requirementId || !sequence) return false
  const advancedTo = await lastSeen(database(), requirementId)
  return advancedTo !== null && advancedTo >= BigInt(sequence)
}

const advanceOf = (organizationId: string, requirementId: string) =>
  ({ name: 'advance-requirement', organizationId, requirementId }) as const

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

/**
 * At the start of a worker: a key of the environment may be another one than before, which no event tells. Where a key
 * takes no calls for now, what follows from another key is done as if it had been changed on its page.
 */
export async function wakeAfterStart(): Promise<void> {
  for (const organizationId of await organizationsHeldUp(database())) await wakeWaiting({ organizationId })
}
