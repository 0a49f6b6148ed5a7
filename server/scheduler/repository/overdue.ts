import { database } from '#server/platform/database/client'
import type { Transaction } from '#server/platform/database/transaction'
import type { JobState, Overdue } from '../rules/overdue'

/** Overdue rows looked at in one turn of the watchdog, of each kind. */
export const AT_ONCE = 100

export interface OverdueRow extends Omit<Overdue, 'job' | 'forMs'> {
  id: string
  ref: string
  taskId: string | null
  runId: string | null
  forMs: number
  nextActorName: string
  nextReason: string
}

/** Requirements in which somebody missed a deadline, by the indexes on deadlines: the cost follows the overdue ones. */
export async function overdueRequirements(): Promise<{ organizationId: string; requirementId: string }[]> {
  return database().$queryRaw`
    select distinct "organizationId", "requirementId" from (
      (select "organizationId", id as "requirementId" from "Requirement"
        where "nextActor" <> 'nobody' and "nextDeadline" < now() order by "nextDeadline" limit ${AT_ONCE})
      union all
      (select "organizationId", "requirementId" from "Task"
        where "nextActor" <> 'nobody' and "nextDeadline" < now() order by "nextDeadline" limit ${AT_ONCE})
      union all
      (select "organizationId", "requirementId" from "Run"
        where "nextActor" <> 'nobody' and "nextDeadline" < now() order by "nextDeadline" limit ${AT_ONCE})
      union all
      (select m."organizationId", t."requirementId" from "Merge" m join "Task" t on t.id = m."taskId"
        where m."nextActor" <> 'nobody' and m."nextDeadline" < now() order by m."nextDeadline" limit ${AT_ONCE})
      union all
      (select "organizationId", "requirementId" from "Decision"
        where "nextActor" <> 'nobody' and "nextDeadline" < now() - interval '1 minute' and "requirementId" is not null
        order by "nextDeadline" limit ${AT_ONCE})
    ) late where "requirementId" is not null`
}

/** The overdue rows of one requirement. The caller holds its lock. */
export async function overdueRows(tx: Transaction, requirementId: string): Promise<OverdueRow[]> {
  const rows = await tx.$queryRaw<OverdueRow[]>`
    select * from (
      select 'requirement' as noun, id, 'R' || number as ref, null::uuid as "taskId", null::uuid as "runId", status,
        verification, wants <> '{}' as "inLine", "nextActor" as actor, overdue as times, "nextActorName", "nextReason", "nextSince", "nextDeadline"
      from "Requirement" where id = ${requirementId}::uuid
      union all
      select 'task', id, ref, id, null, status, '',
        (select wants <> '{}' from "Requirement" where id = ${requirementId}::uuid), "nextActor", overdue, "nextActorName", "nextReason", "nextSince",
        "nextDeadline"
      from "Task" where "requirementId" = ${requirementId}::uuid and status not in ('done', 'failed', 'cancelled')
        and "nextDeadline" < now()
      union all
      select 'run', r.id, coalesce((select ref from "Task" where id = r."taskId"), 'the plan'), r."taskId", r.id,
        r.status, '', false, r."nextActor", r.overdue, r."nextActorName", r."nextReason",
        r."nextSince", r."nextDeadline"
      from "Run" r where r."requirementId" = ${requirementId}::uuid and r."nextDeadline" < now()
      union all
      select 'merge', m.id, t.ref, t.id, m."runId", m.status, '', false, m."nextActor", m.overdue, m."nextActorName",
        m."nextReason", m."nextSince", m."nextDeadline"
      from "Merge" m join "Task" t on t.id = m."taskId"
      where t."requirementId" = ${requirementId}::uuid and m."nextActor" <> 'nobody' and m."nextDeadline" < now()
      union all
      select 'decision', id, question, "taskId", "runId", status, '', false, "nextActor", overdue, "nextActorName",
        "nextReason", "nextSince", "nextDeadline"
      from "Decision" where "requirementId" = ${requirementId}::uuid and "nextDeadline" < now() - interval '1 minute'
    ) late
    cross join lateral (select (extract(epoch from now() - late."nextSince") * 1000)::float8 as "forMs") since
    where actor <> 'nobody' and "nextDeadline" < now() limit ${AT_ONCE}`
  return rows
}

/** Where each noun's next actor stands. */
export const tables = {
  requirement: 'Requirement',
  task: 'Task',
  run: 'Run',
  merge: 'Merge',
  decision: 'Decision',
} as const

/** Moves a deadline and counts the act, unless the row has a new next actor since. */
export async function moveDeadline(tx: Transaction, row: OverdueRow, moveMs: number): Promise<void> {
  await tx.$executeRawUnsafe(
    `update "${tables[row.noun]}" set overdue = overdue + 1, "nextDeadline" = now() + make_interval(secs => $2)
     where id = $1::uuid and "nextActor" <> 'nobody' and "nextDeadline" < now()`,
    row.id,
    moveMs / 1000,
  )
}

/** Whether the queue has jobs for these runs, tasks or requirements. */
export async function jobStates(tx: Transaction, rows: readonly OverdueRow[]): Promise<Map<string, JobState>> {
  const ids = rows.flatMap(({ noun, id, taskId, runId }) => [noun === 'requirement' ? id : (runId ?? taskId ?? id)])
  if (ids.length === 0) return new Map()
  const found = await tx.$queryRaw<{ id: string; active: boolean }[]>`
    select known.id, bool_or(job.state = 'active') as active
    from unnest(${ids}::text[]) as known(id)
    join pgboss.job on job.name = 'long' and job.state in ('created', 'retry', 'active') and (
      (job.data ->> 'name' = 'execute-run' and job.data ->> 'runId' = known.id)
      or (job.data ->> 'name' = 'merge-task' and job.data ->> 'runId' = known.id)
      or (job.data ->> 'name' = 'prove-task' and job.data ->> 'taskId' = known.id)
      or (job.data ->> 'name' = 'verify-requirement' and job.data ->> 'requirementId' = known.id))
    group by known.id`
  return new Map(found.map(({ id, active }) => [id, active ? 'active' : 'waiting']))
}
