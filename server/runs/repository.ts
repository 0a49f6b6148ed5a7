import type { Scope } from '#server/auth/model'
import { cleanJson } from '#server/kernel/clean-text'
import { direct } from '#server/platform/database/direct'
import {
  type Agent,
  type Decision,
  Prisma,
  type Run,
  type Task,
  type ToolCall,
  type Turn,
} from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { actorMs } from '#server/tasks/rules/next-actor'
import type { Lease } from './lease'

/** What an agent is told of a task. */
export type TaskWords = Pick<
  Task,
  | 'id'
  | 'ref'
  | 'title'
  | 'kind'
  | 'instructions'
  | 'statementRefs'
  | 'owns'
  | 'reads'
  | 'acceptance'
  | 'feedback'
  | 'rank'
>

export type AnsweredRow = Pick<Decision, 'question' | 'options' | 'answer' | 'comment'>

interface WorkRow {
  tasks: TaskWords[]
  statements: { ref: string; kind: string; section: string; text: string }[]
  answers: AnsweredRow[]
}

/** Tasks of a requirement and what surrounds them, in one statement: it is read for each task that starts. */
export async function workOf(tx: Transaction, requirementId: string, taskIds: string[]): Promise<WorkRow> {
  const rows = await direct(tx).rows<{ [Key in keyof WorkRow]: WorkRow[Key] | null }>`
    select
      (select json_agg(json_build_object('id', id, 'ref', ref, 'title', title, 'kind', kind, 'instructions', instructions,
          'statementRefs', coalesce("statementRefs", '{}'), 'owns', coalesce(owns, '{}'), 'reads', coalesce(reads, '{}'),
          'acceptance', acceptance, 'feedback', feedback, 'rank', rank))
        from "Task" where id = any(${taskIds}::uuid[]) and "requirementId" = ${requirementId}::uuid) as tasks,
      (select json_agg(json_build_object('ref', ref, 'kind', kind, 'section', section, 'text', text) order by position)
        from "Statement" where "requirementId" = ${requirementId}::uuid) as statements,
      (select json_agg(json_build_object('question', question, 'options', options, 'answer', answer, 'comment', comment)
          order by "answeredAt")
        from "Decision" where "requirementId" = ${requirementId}::uuid and status = 'answered'
          and kind in ('agent_question', 'plan_approval')) as answers`
  const { tasks, statements, answers } = rows[0] ?? {}
  return { tasks: tasks ?? [], statements: statements ?? [], answers: answers ?? [] }
}

/** The agents that runs are made for, with what else of the database runs are made of. */
export type AgentRow = Agent & {
  providerMode: string
  now: Date
  /** plan revisions that the tasks belong to, by task; a planning run makes its own */
  revisions: Record<string, number> | null
}

export function agentsFor(
  tx: Transaction,
  { scope, projectId, agentIds, taskIds }: { scope: Scope; projectId: string; agentIds: string[]; taskIds: string[] },
): Promise<AgentRow[]> {
  return direct(tx).rows<AgentRow>`
    select a.*, p."providerMode", clock_timestamp() as now,
      (select json_object_agg(t.id, plan.revision) from "Task" t join "Plan" plan on plan.id = t."planId"
        where t.id = any(${taskIds}::uuid[])) as revisions
    from "Agent" a cross join "Project" p
    where a.id = any(${agentIds}::uuid[]) and a."organizationId" = ${scope.organizationId}::uuid
      and p.id = ${projectId}::uuid`
}

/** A run as it is made; everything else of it begins as the table says. */
export type NewRun = Pick<
  Run,
  | 'id'
  | 'organizationId'
  | 'projectId'
  | 'requirementId'
  | 'taskId'
  | 'agentId'
  | 'purpose'
  | 'attempt'
  | 'providerMode'
  | 'connector'
  | 'model'
  | 'planRevision'
  | 'nextReason'
  | 'nextDeadline'
> & { baseCommit?: string; prompt: unknown; agentSettings: object }

export async function insertRuns(tx: Transaction, runs: readonly NewRun[]): Promise<void> {
  const columns = Prisma.sql`
    id, "organizationId", "projectId", "requirementId", "taskId", "agentId", purpose, attempt, "providerMode", connector,
    model, prompt, "baseCommit", "agentSettings", "planRevision", "nextReason", "nextDeadline"`
  await direct(tx).changed`
    insert into "Run" (${columns}) select ${columns} from jsonb_to_recordset(${JSON.stringify(runs)}::jsonb) as made (
      id uuid, "organizationId" uuid, "projectId" uuid, "requirementId" uuid, "taskId" uuid, "agentId" uuid,
      purpose text, attempt integer, "providerMode" text, connector text, model text, prompt jsonb, "baseCommit" text,
      "agentSettings" jsonb, "planRevision" integer, "nextReason" text, "nextDeadline" timestamptz)`
}

type JournalTurn = Turn & { toolCalls: (Omit<ToolCall, 'startedAt' | 'endedAt'> & EndsAsText)[] }
interface EndsAsText {
  startedAt: string | null
  endedAt: string | null
}

/** The journal of a run in order, in one statement. */
export async function journalOf(tx: Transaction, runId: string): Promise<(Turn & { toolCalls: ToolCall[] })[]> {
  const rows = await direct(tx).rows<JournalTurn>`
    select turn.*, coalesce((select jsonb_agg(to_jsonb(call) order by position) from "ToolCall" call
      where call."turnId" = turn.id), '[]') as "toolCalls"
    from "Turn" turn where "runId" = ${runId}::uuid order by number`
  const date = (text: string | null) => (text === null ? null : new Date(text))
  return rows.map((row) => ({
    ...row,
    toolCalls: row.toolCalls.map((call) => ({ ...call, startedAt: date(call.startedAt), endedAt: date(call.endedAt) })),
  }))
}

export type Found = Run & { turns: bigint; budgetMs: bigint | null }

/** How much a run has journalled, and the limit in time of its requirement. */
const workedOff = Prisma.sql`
  (select count(*) from "Turn" where "runId" = "Run".id) as turns,
  (select "limitMs" from "Budget" where level = 'requirement' and "ownerId" = "Run"."requirementId") as "budgetMs"`

export async function findRun(tx: Transaction, scope: Scope, runId: string): Promise<Found | null> {
  const rows = await direct(tx).rows<Found>`
    select "Run".*, ${workedOff} from "Run"
    where id = ${runId}::uuid and "organizationId" = ${scope.organizationId}::uuid`
  return rows[0] ?? null
}

function claiming(scope: Scope, runId: string, worker: string): Prisma.Sql {
  return Prisma.sql`
    update "Run" set status = 'running', worker = ${worker}, lease = lease + 1,
      "startedAt" = coalesce("startedAt", now()), "notBefore" = null,
      "nextActor" = 'agent', "nextActorId" = id::text,
      "nextActorName" = coalesce("agentSettings"->>'name', 'The agent'),
      "nextReason" = coalesce("agentSettings"->>'name', 'The agent') || ' is at work.',
      "nextDeadline" = now() + make_interval(secs => ${actorMs.silence / 1000}::double precision)
    where id = ${runId}::uuid and "organizationId" = ${scope.organizationId}::uuid
      and status in ('queued', 'running') and ("notBefore" is null or "notBefore" <= now() + interval '1 second')`
}

/** The claim of a run that nobody had before and that waits for no time, and what its event says of it. */
export function firstClaim(scope: Scope, runId: string, worker: string): Prisma.Sql {
  return Prisma.sql`${claiming(scope, runId, worker)} and status = 'queued' and lease = 0 and "notBefore" is null
    returning "Run".*, ${workedOff},
      jsonb_build_object('purpose', purpose, 'attempt', attempt, 'scripted', "providerMode" = 'scripted') as told`
}

/**
 * A run that is at work is taken over only by the job that it was lost with. Another job for it, such as the delayed one
 * of a run that was set going before its time, must not take it from a worker that is well.
 */
const unlessHeld = Prisma.sql`
  and (status = 'queued' or (select count(*) from pgboss.job where name = 'long' and state = 'active'
    and data ->> 'name' = 'execute-run' and data ->> 'runId' = "Run".id::text) < 2)`

/** The claim of any run that may be taken now; whether it is its first. */
export async function claimOnce(
  tx: Transaction,
  scope: Scope,
  runId: string,
  worker: string,
): Promise<{ first: boolean } | null> {
  const rows = await direct(tx).rows<{ first: boolean }>`
    ${claiming(scope, runId, worker)} ${unlessHeld} returning "startedAt" = now()::timestamptz(3) as first`
  return rows[0] ?? null
}

/** How a run ended. */
export interface Ending {
  status: 'finished' | 'failed'
  result?: unknown
  baseCommit?: string
  commit?: string
  touched?: string[]
  errorCode?: string
  errorMessage?: string
}

/** Ends a run, if the lease still holds. What is left out stays as it is. */
export function endOf(lease: Lease, ending: Ending): Prisma.Sql {
  const { status, baseCommit = null, commit = null, touched = null, errorCode = null, errorMessage = null } = ending
  const result = (ending.result ?? null) === null ? null : JSON.stringify(cleanJson(ending.result))
  return Prisma.sql`
    update "Run" set status = ${status}, "heldSince" = null, result = coalesce(${result}::jsonb, result),
      "baseCommit" = coalesce(${baseCommit}, "baseCommit"), commit = coalesce(${commit}, commit),
      touched = coalesce(${touched}::text[], touched), "errorCode" = coalesce(${errorCode}, "errorCode"),
      "errorMessage" = coalesce(${errorMessage}, "errorMessage")
    where id = ${lease.runId}::uuid and lease = ${lease.number} and status = 'running' returning id`
}

export interface ResumedRow {
  id: string
  projectId: string
  requirementId: string
  taskId: string | null
  purpose: string
  attempt: number
}

const queuedAgain = Prisma.sql`
  update "Run" set status = 'queued', "heldAt" = null, "notBefore" = null, "nextActor" = 'system', "nextActorId" = null,
    "nextActorName" = 'Orchestrator',
    "nextReason" = 'A worker takes the run of ' || (select name from "Agent" where id = "Run"."agentId") || ' again.',
    "nextDeadline" = now() + make_interval(secs => ${actorMs.queued / 1000}::double precision)`

const resumedRow = Prisma.sql`returning id, "projectId", "requirementId", "taskId", purpose, attempt`

/** Puts a run back in line that was laid aside or paused. */
export function queueAside(tx: Transaction, runId: string): Promise<ResumedRow[]> {
  return direct(tx).rows<ResumedRow>`
    ${queuedAgain} where id = ${runId}::uuid and status in ('asking', 'paused') ${resumedRow}`
}

/** Puts every run of an organization back in line that waits for a time. */
export function queueHeld(tx: Transaction, organizationId: string): Promise<ResumedRow[]> {
  return direct(tx).rows<ResumedRow>`
    ${queuedAgain} where "organizationId" = ${organizationId}::uuid and status = 'queued' and "notBefore" > now()
    ${resumedRow}`
}
