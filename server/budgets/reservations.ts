import { setTimeout as wait } from 'node:timers/promises'
import { messageOf } from '#server/kernel/app-error'
import { backoff } from '#server/kernel/backoff'
import { database } from '#server/platform/database/client'
import { databaseFailure } from '#server/platform/database/failures'
import type { Transaction } from '#server/platform/database/transaction'
import type { Amounts, WallReason } from './model'

/** One try of one model call of a run, under the lease of the worker that makes it. */
export interface TryKey {
  runId: string
  lease: number
  turn: number
  tryNumber: number
}

export type ReserveOutcome =
  | { kind: 'reserved' }
  /** the run ended, was paused, or another worker has it */
  | { kind: 'fenced' }
  | { kind: 'wall'; reason: WallReason; budgetId: string }

/**
 * Reserves at every level or nowhere, in one statement that is a transaction of its own, so that the organization's
 * row is locked for as short as can be.
 * @param scripted no money: tokens and time count
 */
export async function reserve(
  key: TryKey,
  worst: Amounts & { priceId: string | null },
  scripted: boolean,
): Promise<ReserveOutcome> {
  const row = await again(async () => {
    const rows = await database().$queryRaw<{ outcome: string; budgetId: string | null }[]>`
      select outcome, "budgetId" from reserve_budget(
        ${key.runId}::uuid, ${key.lease}::integer, ${key.turn}::integer, ${key.tryNumber}::integer,
        ${worst.microUsd}::bigint, ${worst.tokens}::bigint, ${worst.ms}::bigint, ${worst.priceId}::text, ${scripted}::boolean)`
    return rows[0]
  }).catch((error) => {
    // The answer to an earlier try was lost on the way: what it reserved is there.
    if (isUniqueViolation(error)) return { outcome: 'reserved', budgetId: null }
    throw error
  })
  if (row?.outcome === 'reserved') return { kind: 'reserved' }
  if (!row || row.outcome === 'fenced' || row.budgetId === null) return { kind: 'fenced' }
  return { kind: 'wall', reason: row.outcome as WallReason, budgetId: row.budgetId }
}

export type SignalReserveOutcome =
  | { kind: 'reserved'; reservationId: string }
  | { kind: 'wall'; reason: WallReason; budgetId: string }

/**
 * The same for a call that judges a signal: nobody waits at its wall, so it is refused and people judge instead. It is
 * not tried again when its connection breaks: what it reserved is then settled as abandoned.
 */
export async function reserveForSignal(
  signalId: string,
  worst: Amounts & { priceId: string | null },
  scripted: boolean,
): Promise<SignalReserveOutcome> {
  const rows = await database().$queryRaw<{ outcome: string; budgetId: string | null; reservation: string | null }[]>`
    select outcome, "budgetId", reservation from reserve_signal_budget(
      ${signalId}::uuid, ${worst.microUsd}::bigint, ${worst.tokens}::bigint, ${worst.ms}::bigint,
      ${worst.priceId}::text, ${scripted}::boolean)`
  const row = rows[0]
  if (row?.reservation) return { kind: 'reserved', reservationId: row.reservation }
  return { kind: 'wall', reason: row?.outcome as WallReason, budgetId: row?.budgetId as string }
}

/** Turns such a reservation into what it used. Twice is harmless. */
export async function settleForSignal(reservationId: string, used: Amounts & { estimated: boolean }): Promise<void> {
  await again(
    () => database().$executeRaw`
    select settle_budget(${reservationId}::uuid, ${used.microUsd}::bigint, ${used.tokens}::bigint, ${used.ms}::bigint,
      ${used.estimated}::boolean)`,
  )
}

/** Turns the reservation of a try into what it used. Twice is harmless. */
export async function settle(key: TryKey, used: Amounts & { estimated: boolean }): Promise<void> {
  await again(
    () => database().$executeRaw`
    select settle_budget(id, ${used.microUsd}::bigint, ${used.tokens}::bigint, ${used.ms}::bigint, ${used.estimated}::boolean)
    from "Reservation" where "runId" = ${key.runId}::uuid and lease = ${key.lease}::integer
      and turn = ${key.turn}::integer and "try" = ${key.tryNumber}::integer`,
  )
}

/** Tries of a statement whose connection broke; together they outlast a quick restart of the database. */
const TRIES = 7

/** One statement, which Postgres does whole or not at all, again when its connection broke. */
async function again<T>(statement: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await statement()
    } catch (error) {
      if (attempt >= TRIES || databaseFailure(error) !== 'again') throw error
      await wait(backoff(attempt - 1, 100, 2_000, 0.5 + Math.random() / 2))
    }
  }
}

function isUniqueViolation(error: unknown): boolean {
  return /23505|unique constraint/i.test(
    `${messageOf(error)} ${JSON.stringify((error as { meta?: unknown }).meta ?? null)}`,
  )
}

/** Milliseconds of model calls that the budgets of a run still hold; infinite without a limit in time. */
export async function timeLeft(run: {
  organizationId: string
  projectId: string
  requirementId: string
  taskId: string | null
}): Promise<number> {
  const rows = await database().budget.findMany({
    where: {
      organizationId: run.organizationId,
      limitMs: { not: null },
      OR: [
        { level: 'organization', ownerId: run.organizationId },
        { level: 'project', ownerId: run.projectId },
        { level: 'requirement', ownerId: run.requirementId },
        ...(run.taskId ? [{ level: 'task', ownerId: run.taskId }] : []),
      ],
    },
  })
  return Math.min(...rows.map((row) => Number((row.limitMs ?? 0n) - row.spentMs - row.reservedMs)))
}

/**
 * Settles the calls of workers that are gone, whose end nobody saw: in full, because the provider may charge for them,
 * and marked as estimates.
 */
export async function settleLost(tx: Transaction, runId: string, lease: number): Promise<void> {
  await tx.$executeRaw`
    select settle_budget(id, "microUsd", tokens, ms, true) from (
      select id, "microUsd", tokens, ms from "Reservation"
      where "runId" = ${runId}::uuid and status = 'open' and lease < ${lease}::integer order by id
    ) as lost`
}

/**
 * The same for every run that nobody takes over, a while after it ended or was laid aside, so that a worker that is well
 * tells first what its call used, however long that took; and for calls about signals, a while after
 * their time was over.
 * @returns how many calls were settled
 */
export async function settleAbandoned(afterMs: number): Promise<number> {
  const rows = await database().$queryRaw<{ settled: boolean }[]>`
    select settle_budget(id, "microUsd", tokens, ms, true) as settled from (
      select r.id, r."microUsd", r.tokens, r.ms from "Reservation" r left join "Run" on "Run".id = r."runId"
      where r.status = 'open'
        and greatest(r."createdAt", "Run"."nextSince") < now() - make_interval(secs => ${afterMs / 1000}::double precision)
        and ("Run".lease <> r.lease or "Run".status <> 'running'
          or r."signalId" is not null
            and r."createdAt" < now() - make_interval(secs => (r.ms + ${afterMs}::bigint) / 1000.0::double precision))
      order by r.id
    ) as lost`
  return rows.filter((row) => row.settled).length
}
