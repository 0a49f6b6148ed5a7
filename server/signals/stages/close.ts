import type { Scope } from '#server/auth/model'
import { withdrawDecision } from '#server/decisions/handling'
import type { Signal } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import type { SignalAction } from '../model'
import { heldBy, releaseTasks } from '../repository/work'

interface Closing {
  reason: string
  /** what the end of it was, when that is news */
  action?: SignalAction
  now: Date
}

/** Ends a signal: nothing waits for it any more, and its open question is withdrawn. */
export async function closeSignal(tx: Transaction, scope: Scope, signal: Signal, closing: Closing): Promise<void> {
  const { reason, action, now } = closing
  await tx.signal.update({
    where: { id: signal.id },
    data: {
      status: 'closed',
      closedAt: now,
      closedWhy: reason,
      heldTaskIds: [],
      ...(action ? { action, actionWhy: reason } : {}),
    },
  })
  await releaseTasks(tx, scope, signal.heldTaskIds, heldBy(signal.title))
  await promoteFollower(tx, signal.id)
  if (signal.decisionId) await withdrawQuestion(tx, scope, signal.decisionId, reason)
  await append(tx, scope, [
    {
      type: 'signal.closed',
      projectId: signal.projectId,
      payload: { signalId: signal.id, title: signal.title, reason },
    },
  ])
}

/** What is still open of its burst is not over: the oldest of it speaks for the rest from now on. */
async function promoteFollower(tx: Transaction, leaderId: string): Promise<void> {
  const open = await tx.signal.findMany({
    where: { leaderId, status: 'open' },
    orderBy: { firstSeenAt: 'asc' },
    select: { id: true },
  })
  const [next] = open
  if (!next) return
  await tx.signal.update({ where: { id: next.id }, data: { leaderId: null, groupSize: open.length } })
  await tx.signal.updateMany({ where: { leaderId, status: 'open' }, data: { leaderId: next.id } })
}

async function withdrawQuestion(tx: Transaction, scope: Scope, decisionId: string, reason: string): Promise<void> {
  const { organizationId } = scope
  const decision = await tx.decision.findFirst({ where: { id: decisionId, organizationId }, select: { status: true } })
  if (decision?.status === 'open') await withdrawDecision(scope, { decisionId, reason })
}
