import type { Actor, Scope } from '#server/auth/model'
import { flow, gatheringSeconds } from '#server/flow'
import { cleanJson } from '#server/kernel/clean-text'
import type { EventDraft } from '#server/kernel/event'
import { direct } from '#server/platform/database/direct'
import type { Prisma } from '#server/platform/database/generated/client'
import { reader, statement, type Transaction } from '#server/platform/database/transaction'
import { addJobs, type JobOrder } from '#server/platform/queue/queue'
import { CHANNEL, Outbox, tell } from './outbox'

/** Where somebody who wants to tell of a live log sends a notification. */
export const LIVE_CHANNEL = CHANNEL

export interface StoredEvent extends Omit<EventDraft, 'priority'> {
  sequence: bigint
  actor: Actor
  at: Date
}

/**
 * Appends events and adds the jobs that flow.ts names for them, all inside the caller's transaction. They are written
 * right before it commits, together with those of other calls, so that the organization's stream is locked for a
 * moment only; the same transaction cannot read them.
 */
export async function append(tx: Transaction, scope: Scope, drafts: EventDraft[]): Promise<void> {
  if (drafts.length > 0) await tell(tx, (outbox) => addTo(outbox, scope, drafts))
}

/**
 * Carries out `change` and appends what it caused, in one statement and one round trip: a transaction of its own, or
 * part of the running one. Sent again after a broken connection, `change` has to find no row the second time.
 * @param change a statement that changes rows and returns them
 * @returns whether it changed any; if not, nothing is appended
 */
export function appendWith(scope: Scope, change: Prisma.Sql, drafts: EventDraft[]): Promise<boolean> {
  return statement(async (tx, joined) => {
    if (joined) {
      const rows = await tx.$queryRaw<unknown[]>(change)
      if (rows.length > 0) await append(tx, scope, drafts)
      return rows.length > 0
    }
    const outbox = new Outbox()
    await addTo(outbox, scope, drafts)
    return outbox.writeWith(tx, change)
  })
}

/** What a changed row says of itself to the event about it. */
interface Told {
  projectId: string
  requirementId: string
  taskId: string | null
  told: object
}

/**
 * Carries out `change` and appends one event about the row that it changed, in one statement as `appendWith` does: the
 * row's ids become the event's, and its column `told` the payload.
 * @param change returns the row whole, and `told`
 * @returns the row; null when none was changed
 */
export function appendAbout<Row>(
  scope: Scope,
  change: Prisma.Sql,
  event: Pick<EventDraft, 'type' | 'runId'>,
): Promise<Row | null> {
  return statement(async (tx, joined) => {
    if (!joined) {
      const outbox = new Outbox()
      await addTo(outbox, scope, [{ ...event, payload: {} }])
      return outbox.writeAbout<Row>(tx, change)
    }
    const [row] = await direct(tx).rows<Row & Told>`${change}`
    if (!row) return null
    const { projectId, requirementId, taskId, told } = row
    await append(tx, scope, [{ ...event, projectId, requirementId, taskId: taskId ?? undefined, payload: told }])
    return row
  })
}

async function addTo(outbox: Outbox, { organizationId, actor }: Scope, drafts: EventDraft[]): Promise<void> {
  const rows = drafts.map(({ priority: _, ...draft }) => ({
    ...draft,
    organizationId,
    actor: { ...actor },
    payload: cleanJson(draft.payload) ?? null,
  }))
  const first = outbox.addEvents(rows)
  const orders = drafts.flatMap((draft, index) => jobsOf(draft, organizationId, first + index))
  await addJobs(outbox, orders)
}

function jobsOf(draft: EventDraft, organizationId: string, place: number): JobOrder[] {
  const { projectId, requirementId, taskId, runId, decisionId, priority } = draft
  const ids = { organizationId, projectId, requirementId, taskId, runId, decisionId }
  return (flow[draft.type] ?? []).map((name) => {
    return { priority, place, job: { name, ...ids }, gatherSeconds: gatheringSeconds[name] }
  })
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
