import type { Capability } from '#server/agents/model'
import type { DecisionKind } from '#server/decisions/model'
import { direct } from '#server/platform/database/direct'
import { Prisma } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { type RunStatus, reviewSchema } from '#server/runs/model'
import type { TaskStatus } from '#server/tasks/model'
import type { DecisionFact, FileHolder, RunFact, TaskCounts, TaskFact } from '../rules/facts'
import type { LeadingTask } from '../rules/requirement-actor'

interface RunRow {
  id: string
  agentId: string
  status: RunStatus
  attempt: number
  errorCode: string | null
  errorMessage: string
  commit: string | null
  baseCommit: string | null
  heldAt: string | null
  waitsFor: string | null
  touched: string[]
  result: unknown
}

interface DecisionRow {
  id: string
  kind: DecisionKind
  status: string
  effectiveAt: string | null
  runId: string | null
  question: string
  answer: string | null
  comment: string
  options: { id: string; label: string }[]
  defaultOption: string | null
  deadline: string | null
  nextActor: string
  nextActorName: string
}

interface TaskRow
  extends Omit<TaskFact, 'run' | 'review' | 'decision' | 'pausedBy' | 'acceptance' | 'checks' | 'touched'> {
  pausedAt: Date | null
  pausedBy: string
  acceptance: { id: string }[]
  run: RunRow | null
  review: RunRow | null
  checks: TaskFact['checks'] | null
  decision: DecisionRow | null
  /** when the transaction began: what takes effect later is to come yet */
  now: Date
}

/** Columns of a run as facts are made of them, for `to_jsonb`-free loading: prompts and plans stay where they are. */
const runColumns = Prisma.sql`
  jsonb_build_object('id', r.id, 'agentId', r."agentId", 'status', r.status, 'attempt', r.attempt,
    'errorCode', r."errorCode", 'errorMessage', r."errorMessage", 'commit', r.commit, 'baseCommit', r."baseCommit",
    'heldAt', r."heldAt", 'waitsFor', r."waitsFor", 'touched', r.touched)`

/** Everything about tasks that rules ask, one row each, by their own indexes: the cost follows the number of tasks. */
const taskFacts = Prisma.sql`
  select t.id, t.ref, t.title, t.capability, t.status, t.attempt, t."agentId", coalesce(t."agentsTried", '{}') as "agentsTried", t."wantedAgentId",
    t."pausedAt", t."pausedBy", t."notBefore", t.rank, t.position, t."createdAt", t."startedAt", coalesce(t.owns, '{}') as owns, t.acceptance,
    (select name from "Agent" where id = t."agentId") as "assignedName",
    run.facts as run, review.facts as review, coalesce(reviews.tried, '{}') as "reviewsTried",
    checks.list as checks, now() as now, merged.facts as merge, asked.facts as decision, asked.total as asked,
    array(select n.ref from "Dependency" e join "Task" n on n.id = e."taskId" where e."dependsOnId" = t.id limit 5)
      as dependants,
    array(select distinct b."requirementId"::text from "Task" b where b."blockedById" = t.id) as blocking
  from "Task" t
  left join lateral (
    select r.id, r.commit, r.attempt, r.status, r."waitsFor", ${runColumns} as facts from "Run" r
    where r."taskId" = t.id and r.purpose = 'implement' order by r."createdAt" desc, r.id desc limit 1
  ) run on true
  left join lateral (
    select r.status, r."waitsFor", ${runColumns} || jsonb_build_object('result', r.result) as facts from "Run" r
    where r."taskId" = t.id and r.purpose = 'review' and r."baseCommit" = run.commit
    order by r."createdAt" desc, r.id desc limit 1
  ) review on true
  left join lateral (
    select d.status,
      jsonb_build_object('id', d.id, 'kind', d.kind, 'status', d.status, 'effectiveAt', d."effectiveAt",
        'runId', d."runId", 'question', d.question, 'answer', d.answer, 'comment', d.comment, 'options', d.options,
        'defaultOption', d."defaultOption", 'deadline', d.deadline,
        'nextActor', d."nextActor", 'nextActorName', d."nextActorName") as facts,
      count(*) over () as total
    from "Decision" d where d."taskId" = t.id or d.id = run."waitsFor" or d.id = review."waitsFor"
    order by coalesce(d.id = run."waitsFor" or d.id = review."waitsFor", false) desc, d."createdAt" desc, d.id desc limit 1
  ) asked on true
  left join lateral (
    select m.status, jsonb_build_object('status', m.status, 'mergedCommit', m."mergedCommit", 'detail', m.detail,
      'conflicts', case when m.status = 'conflict' then (
        select count(*) from "Merge" o where o."taskId" = t.id and o.status = 'conflict'
          and o."endedAt" > coalesce((select max(d."createdAt") from "Decision" d
            where d."taskId" = t.id and d.kind = 'merge_conflict'), '-infinity')) else 0 end) as facts
    from "Merge" m where m."runId" = run.id
  ) merged on true
  left join lateral (
    select array_agg(r."agentId"::text) as tried from "Run" r
    where r."taskId" = t.id and r.purpose = 'review' and r."baseCommit" = run.commit
  ) reviews on true
  left join lateral (
    select jsonb_agg(jsonb_build_object('acceptanceId', c."acceptanceId", 'passed', c.passed, 'command', c.command,
      'exitCode', c."exitCode", 'output', case when c.passed then '' else c.output end)) as list
    from "Check" c
    where c."taskId" = t.id and c.phase = 'task' and c.attempt = run.attempt and c.commit = run.commit
  ) checks on true`

/** Tasks in flight that could move: those whose run, review, merge or question has not ended are left out. */
export async function movableTasks(tx: Transaction, requirementId: string): Promise<TaskFact[]> {
  const rows = await direct(tx).rows<TaskRow>`
    ${taskFacts}
    where t."requirementId" = ${requirementId}::uuid
      and t.status in ('running', 'asking', 'proving', 'reviewing', 'merging')
      and not (t.status = 'running' and coalesce(run.status in ('queued', 'running'), false))
      and not (t.status = 'asking' and coalesce(asked.status = 'open', false)
        and coalesce(review.status, run.status, 'asking') not in ('queued', 'running'))
      and not (t.status = 'reviewing' and coalesce(review.status in ('queued', 'running'), false))
      and not (t.status = 'merging' and coalesce(merged.status = 'queued', false))
    order by t.rank desc, t.position`
  return rows.map(toTaskFact)
}

/**
 * The most urgent tasks of each capability that could start, at most so many each. They are an array, found first:
 * joined as a set, Postgres may gather the facts of every task before it drops most of them.
 */
export async function readyTasks(
  tx: Transaction,
  requirementId: string,
  wanted: readonly { capability: Capability; most: number }[],
): Promise<TaskFact[]> {
  const rows = await direct(tx).rows<TaskRow>`
    ${taskFacts}
    where t.id = any(array(
      select ready.id
      from unnest(${wanted.map((item) => item.capability)}::text[], ${wanted.map((item) => item.most)}::integer[])
        as wish(capability, most)
      cross join lateral (
        select id from "Task"
        where "requirementId" = ${requirementId}::uuid and status in ('waiting', 'ready') and "openDependencies" = 0
          and "blockedById" is null and capability = wish.capability and "pausedAt" is null
          and ("notBefore" is null or "notBefore" <= now())
        order by rank desc, position limit wish.most
      ) ready))
    order by t.rank desc, t.position`
  return rows.map(toTaskFact)
}

/** Who holds files in a project now, other requirements included. */
export async function fileHolders(tx: Transaction, projectId: string): Promise<FileHolder[]> {
  return direct(tx).rows<FileHolder>`
    select t.id as "taskId", t.ref, t."requirementId", q.number as "requirementNumber",
      coalesce(t.owns, '{}') || coalesce((select r.touched from "Run" r where r."taskId" = t.id and r.purpose = 'implement'
        order by r."createdAt" desc, r.id desc limit 1), '{}') as files
    from "Task" t join "Requirement" q on q.id = t."requirementId"
    where t."projectId" = ${projectId}::uuid
      and t.status in ('running', 'asking', 'proving', 'reviewing', 'merging') and t.owns <> '{}'
    order by t."createdAt", t.position`
}

/** Where a plan stands once everything that could start has started. */
export interface Standing {
  counts: TaskCounts
  /** the task that says most about what the requirement waits for: work before people, and in flight before waiting */
  leading: LeadingTask | null
}

type StandingRow = TaskCounts & { leading: (Omit<LeadingTask, 'deadline'> & { deadline: string }) | null }

/** Whether the plan has tasks left and which, each by the first row of an index, and the leading one. */
export async function standingOf(tx: Transaction, requirementId: string): Promise<Standing> {
  const rows = await direct(tx).rows<StandingRow>`
    with asked as (select ${requirementId}::uuid as id)
    select
      exists (select from "Task" where "requirementId" = asked.id
        and status not in ('done', 'failed', 'cancelled')) as "unfinished",
      exists (select from "Task" where "requirementId" = asked.id
        and status in ('running', 'asking', 'proving', 'reviewing', 'merging')) as "inFlight",
      exists (select from "Task" where "requirementId" = asked.id
        and status in ('waiting', 'ready') and "openDependencies" = 0) as "startable",
      exists (select from "Task" where "requirementId" = asked.id and status = 'done') as "done",
      coalesce(
        (select to_jsonb(flying) from (
          select ${leadingColumns}, count(*) over () - 1 as others from "Task" where "requirementId" = asked.id
            and status in ('running', 'asking', 'proving', 'reviewing', 'merging')
          order by case "nextActor" when 'agent' then 0 when 'system' then 1 when 'timer' then 2 else 3 end,
            "nextDeadline" limit 1) flying),
        (select to_jsonb(waiting) from (
          select ${leadingColumns}, 0 as others from "Task" where "requirementId" = asked.id
            and status in ('waiting', 'ready') and "openDependencies" = 0
          order by "nextDeadline" limit 1) waiting)) as leading
    from asked`
  const { leading, ...counts } = rows[0] as StandingRow
  return { counts, leading: leading && { ...leading, deadline: new Date(leading.deadline) } }
}

const leadingColumns = Prisma.sql`
  ref, "nextActor" as actor, "nextActorId" as id, "nextActorName" as name, "nextReason" as reason,
  "nextDeadline" as deadline`

function toTaskFact({ now, ...row }: TaskRow): TaskFact {
  const { pausedAt, pausedBy, run, review, decision, checks, acceptance, asked, ...rest } = row
  const verdict = reviewSchema.safeParse(review?.result)
  return {
    ...rest,
    status: row.status as TaskStatus,
    pausedBy: pausedAt ? pausedBy || 'somebody' : null,
    acceptance: acceptance.map(({ id }) => ({ id })),
    touched: run?.touched ?? [],
    run: run && toRunFact(run),
    review: review && { ...toRunFact(review), verdict: verdict.success ? verdict.data : null },
    checks: checks ?? [],
    decision: decision && toDecisionFact(decision, now),
    asked: Number(asked ?? 0),
  }
}

export function toRunFact(
  run: Omit<RunRow, 'result' | 'touched' | 'heldAt'> & { heldAt: string | Date | null },
): RunFact {
  const { id, agentId, status, attempt, errorCode, errorMessage, commit, baseCommit, heldAt, waitsFor } = run
  const changed = commit !== null && commit !== baseCommit
  return { id, agentId, status, attempt, errorCode, errorMessage, commit, changed, waitsFor, held: heldAt !== null }
}

function askedOf({ nextActor: actor, nextActorName: name }: DecisionRow): DecisionFact['who'] {
  return (actor === 'person' || actor === 'group') && name !== '' ? { actor, name } : null
}

/** An answer that takes effect later counts as open until then. */
export function toDecisionFact(row: DecisionRow, now: Date): DecisionFact {
  const { id, kind, runId, question, answer, comment, options, defaultOption } = row
  const until = row.status === 'answered' && row.effectiveAt !== null ? new Date(row.effectiveAt) : null
  const held = until !== null && until > now
  const label = (option: string | null) => options.find(({ id }) => id === option)?.label ?? null
  return {
    id,
    kind,
    runId,
    question,
    answer,
    comment,
    status: held ? 'open' : (row.status as DecisionFact['status']),
    who: askedOf(row),
    defaultLabel: label(defaultOption),
    held: held ? { label: label(answer) ?? '', until } : null,
    deadline: row.deadline ? new Date(row.deadline) : null,
  }
}
