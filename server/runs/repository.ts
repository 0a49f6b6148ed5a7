import type { Scope } from '#server/auth/model'
import { cleanJson } from '#server/kernel/clean-text'
import { direct } from '#server/platform/database/direct'
import { Prisma, type Run } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { actorMs } from '#server/tasks/rules/next-actor'
import type { Lease } from './lease'

export type Found = Run & { turns: bigint; budgetMs: bigint | null }

/** A run, how much it has journalled, and the limit in time of its requirement. */
export async function findRun(tx: Transaction, scope: Scope, runId: string): Promise<Found | null> {
  const rows = await direct(tx).rows<Found>`
    select run.*, (select count(*) from "Turn" where "runId" = run.id) as turns,
      (select "limitMs" from "Budget" where level = 'requirement' and "ownerId" = run."requirementId") as "budgetMs"
    from "Run" run where id = ${runId}::uuid and "organizationId" = ${scope.organizationId}::uuid`
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

/** The claim of a run that nobody had before. */
export function firstClaim(scope: Scope, runId: string, worker: string): Prisma.Sql {
  return Prisma.sql`${claiming(scope, runId, worker)} and lease = 0 returning id`
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
