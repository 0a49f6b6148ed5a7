import { flow } from '#server/flow'
import { database } from '#server/platform/database/client'
import { Prisma } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { tables } from './overdue'

/**
 * Seconds that a row has to have waited for its job. Row and job are written in one transaction and read in one
 * statement, so even none would do.
 */
const GRACE_SECONDS = 5
/** Lost jobs that are looked after in one turn of the watchdog, of each kind. */
const AT_ONCE = 100

/** Events after which the scheduler has to look at their requirement. */
const wakingEvents = Object.entries(flow).flatMap(([type, jobs]) =>
  jobs.includes('advance-requirement') ? [type] : [],
)

/** A row that waits for a job which the queue does not have. */
export interface LostRow {
  noun: 'requirement' | 'task' | 'run' | 'merge'
  id: string
  organizationId: string
  requirementId: string
}

/**
 * Rows whose job is gone from the queue, in one statement. It reads the rows that wait for a job by their partial
 * indexes and the jobs that are not done by the queue's own, so its cost follows what is at work now, however much
 * has ended. Several kinds of row wait for a job:
 * - a run that is queued or running, for `execute-run`
 * - a run at a wall whose question is answered, for `settle-budget-walls`
 * - a task that is proving, until its proof is recorded, for `prove-task`, unless people have paused it
 * - a queued merge, for `merge-task`, unless people have paused its task
 * - a requirement whose verification is requested, for `verify-requirement`
 * - a requirement in which something happened that the scheduler has not seen, or that waits for a slot although
 *   nobody of the organization holds one, for `advance-requirement`
 */
export function lostQuery(requirementId: string | null): Prisma.Sql {
  const only = (column: string) =>
    requirementId === null ? Prisma.empty : Prisma.sql`and ${Prisma.raw(column)} = ${requirementId}::uuid`
  const waited = (table: string) =>
    Prisma.sql`${Prisma.raw(table)}."nextActor" <> 'nobody'
      and ${Prisma.raw(table)}."nextSince" < now() - make_interval(secs => ${GRACE_SECONDS}::double precision)`
  const goesOn = Prisma.sql`t."pausedAt" is null
    and not exists (select from "Requirement" q where q.id = t."requirementId" and q."pausedAt" is not null)`
  return Prisma.sql`
    with live as materialized (
      select job.data ->> 'name' as name, job.data ->> 'organizationId' as "organizationId",
        job.data ->> 'requirementId' as "requirementId", job.data ->> 'taskId' as "taskId", job.data ->> 'runId' as "runId"
      from pgboss.job
      where job.name in ('quick', 'long') and job.state in ('created', 'retry', 'active')
        and job.data ->> 'name' in ('execute-run', 'settle-budget-walls', 'prove-task', 'merge-task',
          'verify-requirement', 'advance-requirement')
    )
    (select 'run' as noun, r.id, r."organizationId", r."requirementId" from "Run" r
      where r.status in ('queued', 'running') and ${waited('r')} ${only('r."requirementId"')}
        and not exists (select from live where live.name = 'execute-run' and live."runId" = r.id::text)
      limit ${AT_ONCE})
    union all
    (select 'run', r.id, r."organizationId", r."requirementId"
      from "Run" r join "Decision" d on d.id = r."waitsFor" and d.status <> 'open'
      where r.status = 'asking' and r."waitsFor" is not null and ${waited('r')} ${only('r."requirementId"')}
        and coalesce(d."effectiveAt", d."answeredAt", '-infinity')
          < now() - make_interval(secs => ${GRACE_SECONDS}::double precision)
        and not exists (select from live
          where live.name = 'settle-budget-walls' and live."organizationId" = r."organizationId"::text)
      limit ${AT_ONCE})
    union all
    (select 'task', t.id, t."organizationId", t."requirementId" from "Task" t
      where t.status = 'proving' and ${waited('t')} ${only('t."requirementId"')} and ${goesOn}
        and not exists (select from live where live.name = 'prove-task' and live."taskId" = t.id::text)
        and not exists (select from "Event" e where e."taskId" = t.id and e.type = 'proof.recorded' and e."runId" = (
          select r.id from "Run" r where r."taskId" = t.id and r.purpose = 'implement'
          order by r."createdAt" desc, r.id desc limit 1) offset 0)
      limit ${AT_ONCE})
    union all
    (select 'merge', m.id, m."organizationId", t."requirementId" from "Merge" m join "Task" t on t.id = m."taskId"
      where m.status = 'queued' and ${waited('m')} ${only('t."requirementId"')} and ${goesOn}
        and not exists (select from live where live.name = 'merge-task' and live."runId" = m."runId"::text)
      limit ${AT_ONCE})
    union all
    (select 'requirement', q.id, q."organizationId", q.id from "Requirement" q
      where q."nextActor" <> 'nobody' ${only('q.id')}
        and (
          (q.verification = 'requested' and ${waited('q')} and not exists (select from live
            where live.name = 'verify-requirement' and live."requirementId" = q.id::text))
          or ((exists (select from "Event" e where e."requirementId" = q.id and e.sequence > q."advancedTo"
                and e.type = any(${wakingEvents}::text[])
                and e.at < now() - make_interval(secs => ${GRACE_SECONDS}::double precision))
              or (q.wants <> '{}' and q."nextActor" = 'system' and q."pausedAt" is null and q.overdue = 0 and ${waited('q')}
                and not exists (select from "Run" r where r."organizationId" = q."organizationId"
                  and r.status in ('queued', 'running'))))
            and not exists (select from live
              where live.name = 'advance-requirement' and live."requirementId" = q.id::text)))
      limit ${AT_ONCE})`
}

/** All of them, for the watchdog's look. (Above, `offset 0` keeps the log read by task, row by row.) */
export function lostRows(): Promise<LostRow[]> {
  return database().$queryRaw<LostRow[]>(lostQuery(null))
}

/**
 * Ends the wait of the rows in one requirement whose job is lost: their deadline is now, however long the work they
 * wait for may take. The caller holds the requirement's lock.
 */
export async function endLostWaits(tx: Transaction, requirementId: string): Promise<void> {
  const lost = await tx.$queryRaw<LostRow[]>(lostQuery(requirementId))
  const idsOf = (wanted: LostRow['noun']) => lost.filter(({ noun }) => noun === wanted).map(({ id }) => id)
  for (const noun of new Set(lost.map((row) => row.noun))) {
    await tx.$executeRaw`
      update ${Prisma.raw(`"${tables[noun]}"`)} set "nextDeadline" = now() - interval '1 millisecond'
      where id = any(${idsOf(noun)}::uuid[]) and "nextActor" <> 'nobody'`
  }
  // At a wall, or paused, people were next; what happened since makes it Orchestrator's turn.
  const reason = 'Something happened that Orchestrator has not looked at yet.'
  await tx.$executeRaw`
    update "Run" set "nextActor" = 'system', "nextActorName" = 'Orchestrator', "nextReason" = ${reason}
    where id = any(${idsOf('run')}::uuid[]) and status = 'asking'`
  await tx.$executeRaw`
    update "Requirement" set "nextActor" = 'system', "nextActorName" = 'Orchestrator', "nextReason" = ${reason}
    where id = any(${idsOf('requirement')}::uuid[]) and "nextActor" in ('person', 'group', 'timer')`
}
