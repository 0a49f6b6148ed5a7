import { direct } from '#server/platform/database/direct'
import type { Transaction } from '#server/platform/database/transaction'
import { RunError } from './errors'

/** The right to write for a run: the run's row must still carry this lease number, and nobody paused it. */
export interface Lease {
  runId: string
  number: number
}

/**
 * Refuses the writes of a worker that was frozen and came back, or whose run was cancelled or paused: each (re)start
 * and each cancellation raises the number. Locks the row until the transaction ends.
 */
export async function holdLease(tx: Transaction, lease: Lease): Promise<void> {
  const rows = await direct(tx).rows<{ lease: number; status: string }>`
    select lease, status from "Run" where id = ${lease.runId}::uuid for update`
  const row = rows[0]
  if (row?.lease !== lease.number || row.status !== 'running') throw lostLease(row?.status)
}

/**
 * For whoever fenced a write by its own statement, which found no row under the lease.
 * @throws RunError why the worker has to stop
 */
export async function leaseRefused(tx: Transaction, lease: Lease): Promise<never> {
  const row = await tx.run.findUnique({ where: { id: lease.runId }, select: { status: true } })
  throw lostLease(row?.status)
}

/** Why a worker has to stop writing for a run, from what the run's row says now. */
export function lostLease(status: string | undefined): RunError {
  if (status === 'cancelled')
    return new RunError({ code: 'run-cancelled', kind: 'conflict', message: 'The run was cancelled.' })
  if (status === 'paused') {
    return new RunError({
      code: 'run-paused',
      kind: 'conflict',
      message: 'The run was paused. It goes on where it stopped.',
    })
  }
  return new RunError({ code: 'lease-lost', kind: 'conflict', message: 'Another worker has taken this run over.' })
}
