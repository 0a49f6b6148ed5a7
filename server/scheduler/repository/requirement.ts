import type { Project, Requirement } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { type NextActor, UNDO_TIMER } from '#server/tasks/rules/next-actor'
import type { LeadingTask } from '../rules/requirement-actor'
import { actorColumns } from './changes'

export interface Locked {
  requirement: Requirement
  project: Pick<Project, 'id' | 'planApproval' | 'providerMode'>
  now: Date
  /** an event whose changes are visible from here on; of those that waited for the lock perhaps not the newest one */
  sequence: bigint
}

type LockedRow = Requirement & { planApproval: string; providerMode: string; now: Date; sequence: bigint | null }

/**
 * Locks the requirement. Together with `lockSlots` in this order, and before any event is appended, everywhere; so no
 * two transactions wait for each other.
 */
export async function lockForAdvance(
  tx: Transaction,
  organizationId: string,
  requirementId: string,
): Promise<Locked | null> {
  const rows = await tx.$queryRaw<LockedRow[]>`
    select q.*, p."planApproval", p."providerMode", now() as now,
      (select "lastSequence" from "EventStream" where "organizationId" = q."organizationId") as sequence
    from "Requirement" q join "Project" p on p.id = q."projectId"
    where q.id = ${requirementId}::uuid and q."organizationId" = ${organizationId}::uuid for update of q`
  const [row] = rows
  if (!row) return null
  const { planApproval, providerMode, now, sequence, ...requirement } = row
  return { requirement, project: { id: row.projectId, planApproval, providerMode }, now, sequence: sequence ?? 0n }
}

/** Whoever starts runs counts the organization's slots alone until it has committed, so limits are hard. */
export async function lockSlots(tx: Transaction, organizationId: string): Promise<void> {
  await tx.$queryRaw`select pg_advisory_xact_lock(hashtextextended(${`slots:${organizationId}`}, 0))::text`
}

/** Requirements that wait for a slot, those first that have been without for longest. */
export async function waitingForSlots(tx: Transaction, organizationId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    select id from "Requirement" where "organizationId" = ${organizationId}::uuid and wants <> '{}'
      and "pausedAt" is null and "closedAt" is null order by "servedAt" nulls first`
  return rows.map(({ id }) => id)
}

/** Requirements in which something waits for a time, such as that at which a provider takes calls again. */
export async function waitingForTime(tx: Transaction, organizationId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    select q.id from "Requirement" q
    where q."organizationId" = ${organizationId}::uuid and q."pausedAt" is null and q."closedAt" is null
      and (q."nextActor" = 'timer' or exists (
        select from "Task" t where t."requirementId" = q.id and t."nextActor" = 'timer'))`
  return rows.map(({ id }) => id)
}

/** The task that says most about what a requirement waits for: work before people, and in flight before waiting. */
export async function leadingTask(tx: Transaction, requirementId: string): Promise<LeadingTask | null> {
  const rows = await tx.$queryRaw<(Omit<LeadingTask, 'others'> & { others: bigint })[]>`
    select ref, "nextActor" as actor, "nextActorId" as id, "nextActorName" as name, "nextReason" as reason,
      "nextDeadline" as deadline, count(*) over () - 1 as others
    from "Task" where "requirementId" = ${requirementId}::uuid
      and status in ('running', 'asking', 'proving', 'reviewing', 'merging')
    order by case "nextActor" when 'agent' then 0 when 'system' then 1 when 'timer' then 2 else 3 end, "nextDeadline"
    limit 1`
  const [flying] = rows
  if (flying) return { ...flying, others: Number(flying.others) }
  const waiting = await tx.$queryRaw<Omit<LeadingTask, 'others'>[]>`
    select ref, "nextActor" as actor, "nextActorId" as id, "nextActorName" as name, "nextReason" as reason,
      "nextDeadline" as deadline
    from "Task" where "requirementId" = ${requirementId}::uuid and status in ('waiting', 'ready')
      and "openDependencies" = 0
    order by "nextDeadline" limit 1`
  return waiting[0] ? { ...waiting[0], others: 0 } : null
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
  await tx.$executeRaw`
    update "Requirement" set
      "advancedTo" = greatest("advancedTo", ${sequence}),
      "wants" = ${wants}::text[],
      "servedAt" = case when ${served} then now() else "servedAt" end,
      "nextActor" = coalesce(${columns?.nextActor ?? null}, "nextActor"),
      "nextActorId" = case when ${columns !== null} then ${columns?.nextActorId ?? null} else "nextActorId" end,
      "nextActorName" = coalesce(${columns?.nextActorName ?? null}, "nextActorName"),
      "nextReason" = coalesce(${columns?.nextReason ?? null}, "nextReason"),
      "nextDeadline" = coalesce(${columns?.nextDeadline ?? null}::timestamptz, "nextDeadline")
    where id = ${requirement.id}::uuid`
}
