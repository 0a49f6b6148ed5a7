import { direct } from '#server/platform/database/direct'
import type { Prisma } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { type NextActor, nextActorOf, UNDO_TIMER } from '#server/tasks/rules/next-actor'
import { WAITING_MS, WAITS_FOR_TURN } from '#server/tasks/rules/waiting'
import type { TaskChange } from '../rules/changes'

/** Writes what steps changed on tasks, all in one statement. What has ended is never changed again. */
export async function saveTaskChanges(
  tx: Transaction,
  changes: readonly { taskId: string; change: TaskChange }[],
  now: Date,
): Promise<void> {
  if (changes.length === 0) return
  const rows = changes.map(({ taskId, change }) => {
    const { situation, ...columns } = change
    return { id: taskId, ...columns, ...(situation ? actorColumns(nextActorOf(situation, now)) : {}) }
  })
  await direct(tx).changed`
    update "Task" t set
      "status" = f ->> 'status',
      "statusReason" = f ->> 'statusReason',
      "attempt" = case when f ? 'attempt' then (f ->> 'attempt')::integer else t."attempt" end,
      "agentId" = case when f ? 'agentId' then (f ->> 'agentId')::uuid else t."agentId" end,
      "agentsTried" = case when f ? 'agentsTried'
        then array(select jsonb_array_elements_text(f -> 'agentsTried')) else t."agentsTried" end,
      "wantedAgentId" = case when f ? 'wantedAgentId' then (f ->> 'wantedAgentId')::uuid else t."wantedAgentId" end,
      "assignment" = case when f ? 'assignment' then f -> 'assignment' else t."assignment" end,
      "feedback" = case when f ? 'feedback' then f ->> 'feedback' else t."feedback" end,
      "notBefore" = case when f ? 'notBefore' then (f ->> 'notBefore')::timestamptz else t."notBefore" end,
      "resultCommit" = case when f ? 'resultCommit' then f ->> 'resultCommit' else t."resultCommit" end,
      "mergedCommit" = case when f ? 'mergedCommit' then f ->> 'mergedCommit' else t."mergedCommit" end,
      "startedAt" = case when f ->> 'status' = 'running' then coalesce(t."startedAt", now()) else t."startedAt" end,
      "finishedAt" = case when f ->> 'status' in ('done', 'failed', 'cancelled') then now() else t."finishedAt" end,
      "nextActor" = coalesce(f ->> 'nextActor', t."nextActor"),
      "nextActorId" = case when f ? 'nextActor' then f ->> 'nextActorId' else t."nextActorId" end,
      "nextActorName" = coalesce(f ->> 'nextActorName', t."nextActorName"),
      "nextReason" = coalesce(f ->> 'nextReason', t."nextReason"),
      "nextDeadline" = coalesce((f ->> 'nextDeadline')::timestamptz, t."nextDeadline")
    from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) f
    where t.id = (f ->> 'id')::uuid and t.status not in ('done', 'failed', 'cancelled')`
}

export function actorColumns(next: NextActor) {
  return {
    nextActor: next.actor,
    nextActorId: next.id,
    nextActorName: next.name,
    nextReason: next.reason,
    nextDeadline: next.deadline,
  }
}

/**
 * Tells tasks that were due but did not start what they wait for; written only where it says something new. One whose
 * answer is there, but whose run has no slot yet, keeps the question it asked; one that waits for the end of the time
 * to undo goes on saying so, and so does one that a signal holds while its question or the
 * requirement that mends it is open.
 */
export async function saveWaiting(
  tx: Transaction,
  waiting: readonly { taskId: string; next: NextActor; blockedById: string | null }[],
): Promise<void> {
  if (waiting.length === 0) return
  const rows = waiting.map(({ taskId, next, blockedById }) => ({ id: taskId, blockedById, ...actorColumns(next) }))
  await direct(tx).changed`
    update "Task" t set "nextActor" = f ->> 'nextActor',
      "nextActorId" = coalesce(f ->> 'nextActorId', case when t.status = 'asking' then t."nextActorId" end),
      "nextActorName" = f ->> 'nextActorName', "nextReason" = f ->> 'nextReason',
      "nextDeadline" = (f ->> 'nextDeadline')::timestamptz, "blockedById" = (f ->> 'blockedById')::uuid,
      "statusReason" = case when t.status in ('waiting', 'ready') then f ->> 'nextReason' else t."statusReason" end
    from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) f
    where t.id = (f ->> 'id')::uuid and not (t."nextActorName" = ${UNDO_TIMER} and t."nextDeadline" > now())
      and not (t."pausedAt" is not null and t."nextActor" in ('group', 'person') and exists (
        select from "Decision" d
        where d."organizationId" = t."organizationId" and d.status = 'open' and d.id::text = t."nextActorId"))
      and not (t."pausedAt" is not null and t."nextActor" = 'system' and exists (
        select from "Requirement" q
        where q."organizationId" = t."organizationId" and q."closedAt" is null and q.id::text = t."nextActorId"))
      and (t."nextReason" is distinct from f ->> 'nextReason' or t."nextActor" is distinct from f ->> 'nextActor'
        or t."blockedById" is distinct from (f ->> 'blockedById')::uuid or t."nextDeadline" < now())`
}

/** Takes finished tasks off the counters of what waits for them; whoever has none left is ready. */
export async function countDown(tx: Transaction, finished: readonly string[]): Promise<void> {
  if (finished.length === 0) return
  await direct(tx).changed`
    with fewer as (
      select t.id, t."openDependencies" - count(*)::integer as open
      from "Dependency" d join "Task" t on t.id = d."taskId"
      where d."dependsOnId" = any(${[...finished]}::uuid[]) and t.status in ('waiting', 'ready')
      group by t.id
    ), told as (
      select fewer.id, greatest(fewer.open, 0) as open,
        case when fewer.open between 1 and 4 then array(
          select n.ref from "Dependency" e join "Task" n on n.id = e."dependsOnId"
          where e."taskId" = fewer.id and n.status <> 'done' order by n.position) end as refs
      from fewer
    )
    update "Task" t set "openDependencies" = told.open, "status" = case when told.open = 0 then 'ready' else t.status end,
      "nextActor" = 'system', "nextActorId" = null, "nextActorName" = 'Orchestrator', "nextDeadline" = now() + make_interval(secs => ${WAITING_MS / 1000}::double precision),
      "nextReason" = words.reason, "statusReason" = words.reason
    from told cross join lateral (select case
      when told.open = 0 then ${WAITS_FOR_TURN}
      when told.refs is null then 'Waits for ' || told.open || ' other tasks.'
      when cardinality(told.refs) < 2 then 'Waits for ' || coalesce(told.refs[1], 'another task') || '.'
      else 'Waits for ' || array_to_string(told.refs[1 : cardinality(told.refs) - 1], ', ') || ' and '
        || told.refs[cardinality(told.refs)] || '.' end as reason) words
    where t.id = told.id`
}

/** Ends everything that builds on lost tasks: it can't be built any more, and says so. */
export async function cancelDependants(tx: Transaction, lost: readonly { id: string; ref: string }[]): Promise<void> {
  for (const { id, ref } of lost) {
    const reason = `It builds on ${ref}, which was not built.`
    await direct(tx).changed`
      with recursive later(id) as (
        select "taskId" from "Dependency" where "dependsOnId" = ${id}::uuid
        union
        select d."taskId" from "Dependency" d join later on d."dependsOnId" = later.id
      )
      update "Task" set "status" = 'cancelled', "statusReason" = ${reason}, "finishedAt" = now(), "blockedById" = null
      where id in (select id from later) and status in ('waiting', 'ready')`
  }
}

/** Ends runs of tasks that were laid aside and are not gone on with: another attempt takes their place. */
export async function dropRuns(tx: Transaction, where: Prisma.RunWhereInput, reason: string): Promise<void> {
  await tx.run.updateMany({
    where: { ...where, status: { in: ['queued', 'running', 'asking', 'paused'] } },
    data: { status: 'cancelled', errorMessage: reason, lease: { increment: 1 } },
  })
}
