import type { Actor, Scope } from '#server/auth/model'
import { flow } from '#server/flow'
import { cleanJson } from '#server/kernel/clean-text'
import type { EventDraft } from '#server/kernel/event'
import type { Prisma } from '#server/platform/database/generated/client'
import { reader, type Transaction } from '#server/platform/database/transaction'
import { enqueue } from '#server/platform/queue/queue'

export const LIVE_CHANNEL = 'orchestrator_live'

export interface StoredEvent extends EventDraft {
  sequence: bigint
  actor: Actor
  at: Date
}

/** Takes `count` numbers under the organization's row lock: whoever has seen n has seen everything before n. */
async function takeSequence(tx: Transaction, organizationId: string, count: number): Promise<bigint> {
  const rows = await tx.$queryRaw<{ last: bigint }[]>`
    insert into "EventStream" ("organizationId", "lastSequence") values (${organizationId}::uuid, ${count})
    on conflict ("organizationId") do update set "lastSequence" = "EventStream"."lastSequence" + ${count}
    returning "lastSequence" as last`
  const last = rows[0]?.last
  if (last === undefined) throw new Error('the event stream gave no sequence')
  return last - BigInt(count) + 1n
}

/**
 * Appends events and enqueues the jobs that flow.ts names for them, all inside the caller's transaction. Call it last
 * in the transaction: from here to the commit the organization's stream is locked.
 */
export async function append(tx: Transaction, scope: Scope, drafts: EventDraft[]): Promise<void> {
  if (drafts.length === 0) return
  const { organizationId, actor } = scope
  const first = await takeSequence(tx, organizationId, drafts.length)
  const rows = drafts.map((draft, index) => ({
    organizationId,
    sequence: first + BigInt(index),
    type: draft.type,
    projectId: draft.projectId,
    requirementId: draft.requirementId,
    taskId: draft.taskId,
    runId: draft.runId,
    decisionId: draft.decisionId,
    actor: { ...actor },
    payload: cleanJson(draft.payload) as Prisma.InputJsonValue,
  }))
  await tx.event.createMany({ data: rows })
  const jobs = rows.flatMap((row) =>
    (flow[row.type] ?? []).map((name) => ({
      job: {
        name,
        organizationId,
        projectId: row.projectId,
        requirementId: row.requirementId,
        taskId: row.taskId,
        runId: row.runId,
        decisionId: row.decisionId,
        sequence: String(row.sequence),
      },
    })),
  )
  await enqueue(tx, jobs)
  const last = first + BigInt(drafts.length) - 1n
  await tx.$executeRaw`select pg_notify(${LIVE_CHANNEL}, ${JSON.stringify({ o: organizationId, s: String(last) })})`
}

/** Events after a sequence, oldest first. */
export async function readEvents(scope: Scope, range: { after: bigint; limit: number }): Promise<StoredEvent[]> {
  const rows = await reader().event.findMany({
    where: { organizationId: scope.organizationId, sequence: { gt: range.after } },
    orderBy: { sequence: 'asc' },
    take: range.limit,
  })
  return rows.map(({ organizationId: _, ...row }) => ({
    ...row,
    projectId: row.projectId ?? undefined,
    requirementId: row.requirementId ?? undefined,
    taskId: row.taskId ?? undefined,
    runId: row.runId ?? undefined,
    decisionId: row.decisionId ?? undefined,
    actor: row.actor as Actor,
  }))
}

/** The newest sequence of the organization, 0 when nothing has happened yet. */
export async function lastSequence(scope: Scope): Promise<bigint> {
  const stream = await reader().eventStream.findUnique({ where: { organizationId: scope.organizationId } })
  return stream?.lastSequence ?? 0n
}
