import { direct } from '#server/platform/database/direct'
import { Prisma, type Project, type Requirement } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { type NextActor, UNDO_TIMER } from '#server/tasks/rules/next-actor'
import { actorColumns } from './changes'

export interface Locked {
  requirement: Requirement
  project: Pick<Project, 'id' | 'planApproval' | 'providerMode'>
  now: Date
  /** an event whose changes are visible from here on; of those that waited for the lock perhaps not the newest one */
  sequence: bigint
}

type LockedRow = Requirement & { planApproval: string; providerMode: string; now: Date; sequence: bigint | null }

/** Which requirement to lock: not one that has seen the event, and perhaps not one that somebody else holds. */
export interface Wanted {
  organizationId: string
  requirementId: string
  /** the event to be looked at; null looks in any case */
  unseen: bigint | null
  /** whoever holds the slots' lock must not wait for a requirement */
  unlessLocked: boolean
}

/**
 * Locks the requirement. Together with `lockSlots` in this order, and before any event is appended, everywhere; so no
 * two transactions wait for each other. Null when it is not to be looked at now.
 */
export async function lockForAdvance(tx: Transaction, wanted: Wanted): Promise<Locked | null> {
  const { organizationId, requirementId, unseen, unlessLocked } = wanted
  const rows = await direct(tx).rows<LockedRow>`
    select q.*, p."planApproval", p."providerMode", now() as now,
      (select "lastSequence" from "EventStream" where "organizationId" = q."organizationId") as sequence
    from "Requirement" q join "Project" p on p.id = q."projectId"
    where q.id = ${requirementId}::uuid and q."organizationId" = ${organizationId}::uuid
      and (${unseen}::bigint is null or q."advancedTo" < ${unseen}::bigint)
    for update of q ${unlessLocked ? Prisma.sql`skip locked` : Prisma.empty}`
  const [row] = rows
  if (!row) return null
  const { planApproval, providerMode, now, sequence, ...requirement } = row
  return { requirement, project: { id: row.projectId, planApproval, providerMode }, now, sequence: sequence ?? 0n }
}

/** The newest event that an advance of the requirement has seen. */
export async function lastSeen(tx: Transaction, requirementId: string): Promise<bigint | null> {
  const rows = await direct(tx).rows<{ advancedTo: bigint }>`
    select "advancedTo" from "Requirement" where id = ${requirementId}::uuid`
  return rows[0]?.advancedTo ?? null
}

/** Whoever starts runs counts the organization's slots alone until it has committed, so limits are hard. */
export async function lockSlots(tx: Transaction, organizationId: string): Promise<void> {
  await direct(tx).rows`select pg_advisory_xact_lock(hashtextextended(${`slots:${organizationId}`}, 0))::text`
}

/** Requirements that wait for a slot, those first that have been without for longest. */
export async function waitingForSlots(tx: Transaction, organizationId: string): Promise<string[]> {
  const rows = await direct(tx).rows<{ id: string }>`
    select id from "Requirement" where "organizationId" = ${organizationId}::uuid and wants <> '{}'
      and "pausedAt" is null and "closedAt" is null order by "servedAt" nulls first`
  return rows.map(({ id }) => id)
}

/** Requirements in which something waits for a time, such as that at which a provider takes calls again. */
export async function waitingForTime(tx: Transaction, organizationId: string): Promise<string[]> {
  const rows = await direct(tx).rows<{ id: string }>`
    select q.id from "Requirement" q
    where q."organizationId" = ${organizationId}::uuid and q."pausedAt" is null and q."closedAt" is null
      and (q."nextActor" = 'timer' or exists (
        select from "Task" t where t."requirementId" = q.id and t."nextActor" = 'timer'))`
  return rows.map(({ id }) => id)
}

/**
 * Stores where the requirement came to rest, if that is something new. While people can undo what they have done to it,
 * that is what it waits for.
 */
export async function saveRest(
  tx: Transaction,
  requirement: Requirement,
  rest: { next: NextActor | null; wants: string[]; served: boolean; sequence: bigint },
): Promise<void> {
  const { next, wants, served, sequence } = rest
  const undoable = requirement.nextActorName === UNDO_TIMER && requirement.pausedAt !== null
  const columns = next && !undoable ? actorColumns(next) : null
  await direct(tx).changed`
    update "Requirement" set
      "advancedTo" = greatest("advancedTo", ${sequence}),
      "wants" = ${wants}::text[],
      "servedAt" = case when ${served} then clock_timestamp() else "servedAt" end,
      "nextActor" = coalesce(${columns?.nextActor ?? null}, "nextActor"),
      "nextActorId" = case when ${columns !== null} then ${columns?.nextActorId ?? null} else "nextActorId" end,
      "nextActorName" = coalesce(${columns?.nextActorName ?? null}, "nextActorName"),
      "nextReason" = coalesce(${columns?.nextReason ?? null}, "nextReason"),
      "nextDeadline" = coalesce(${columns?.nextDeadline ?? null}::timestamptz, "nextDeadline")
    where id = ${requirement.id}::uuid`
}
