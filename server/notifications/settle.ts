import type { Scope } from '#server/auth/model'
import type { Delivery } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { type ChannelName, isQuestion, type Payload, questionTopics } from './model'
import { type DecisionStanding, decisionStanding } from './queries/facts'
import { channelNamed } from './registry'
import { insertDelivery, payloadOf } from './repository/deliveries'
import { followsUp, outcomeOf } from './rules/wording'

/**
 * Brings every channel up to date with a decision that was answered, ended, or is open again: inboxes are settled, what
 * was not sent yet is not sent, what can be changed is changed, and e-mail follows up only where a rule says so.
 */
export async function settle(scope: Scope, decisionId: string, now: Date): Promise<void> {
  const standing = await decisionStanding(scope, decisionId)
  // Open for the first time, it was told by its own event.
  if (!standing || (standing.status === 'open' && standing.version === 1)) return
  const outcome = outcomeFor(standing)
  await transaction(async (tx) => {
    const people =
      outcome === null ? await reopen(tx, scope, decisionId, now) : await close(tx, scope, decisionId, outcome, now)
    await dropOvertaken(tx, scope, decisionId, standing, outcome)
    const sent = await tx.delivery.findMany({
      where: {
        organizationId: scope.organizationId,
        decisionId,
        kind: 'message',
        status: 'sent',
        topic: { in: [...questionTopics] },
      },
    })
    for (const delivery of sent) await follow(tx, delivery, standing, outcome, now)
    if (people === 0 || outcome === null) return
    await append(tx, scope, [{ type: 'notification.settled', decisionId, payload: { outcome, people } }])
  })
}

/** The same for one message that went out while the decision was being answered. */
export async function catchUp(tx: Transaction, scope: Scope, delivery: Delivery, now: Date): Promise<void> {
  if (!delivery.decisionId || delivery.kind !== 'message' || !isQuestion(delivery.topic)) return
  const standing = await decisionStanding(scope, delivery.decisionId)
  const outcome = standing && outcomeFor(standing)
  if (standing && outcome) await follow(tx, delivery, standing, outcome, now)
}

function outcomeFor(standing: DecisionStanding): string | null {
  return outcomeOf({ ...standing, by: standing.via })
}

async function close(tx: Transaction, scope: Scope, decisionId: string, outcome: string, now: Date): Promise<number> {
  const where = { organizationId: scope.organizationId, decisionId }
  const { count } = await tx.notification.updateMany({
    where: { ...where, status: 'open', topic: { in: [...questionTopics] } },
    data: { status: 'settled', outcome, settledAt: now, updatedAt: now },
  })
  // Nothing is left to do about it, so it does not count as unread; when somebody read it themselves stays as it was.
  await tx.notification.updateMany({ where: { ...where, status: 'settled', readAt: null }, data: { readAt: now } })
  return count
}

async function reopen(tx: Transaction, scope: Scope, decisionId: string, now: Date): Promise<number> {
  const { count } = await tx.notification.updateMany({
    where: { organizationId: scope.organizationId, decisionId, status: 'settled', topic: { in: [...questionTopics] } },
    data: { status: 'open', outcome: '', settledAt: null, readAt: null, updatedAt: now },
  })
  return count
}

/** What waits and no longer says how it stands is not sent: the question once it has ended, and changes before this one. */
async function dropOvertaken(
  tx: Transaction,
  scope: Scope,
  decisionId: string,
  standing: DecisionStanding,
  outcome: string | null,
): Promise<void> {
  const overtaken = { kind: 'update', NOT: { idempotencyKey: { endsWith: `:${standing.moment}` } } }
  await tx.delivery.updateMany({
    where: {
      organizationId: scope.organizationId,
      decisionId,
      topic: { in: [...questionTopics] },
      status: { in: ['waiting', 'held'] },
      OR: outcome === null ? [overtaken] : [{ kind: 'message' }, overtaken],
    },
    data: { status: 'skipped', reason: outcome === null ? 'It is open again.' : `Not needed any more. ${outcome}.` },
  })
}

/** Changes or follows up one message that went out. */
async function follow(
  tx: Transaction,
  delivery: Delivery,
  standing: DecisionStanding,
  outcome: string | null,
  now: Date,
): Promise<void> {
  const channel = channelNamed(delivery.channel as ChannelName)
  const changeable = channel.changes && delivery.externalId !== null
  const byMail = delivery.channel === 'email' && (outcome === null || followsUp(standing))
  if (!changeable && !byMail) return
  const payload = payloadOf(delivery)
  const changed: Payload = { ...payload, message: { ...payload.message, outcome } }
  await insertDelivery(
    tx,
    {
      organizationId: delivery.organizationId,
      projectId: delivery.projectId,
      channel: channel.name,
      kind: 'update',
      notificationId: delivery.notificationId,
      userId: delivery.userId,
      decisionId: delivery.decisionId,
      integrationId: delivery.integrationId,
      topic: delivery.topic,
      groupKey: delivery.groupKey,
      recipient: delivery.recipient,
      idempotencyKey: `${delivery.id}:${standing.moment}`,
      payload: changed,
      replaces: changeable ? (delivery.externalId ?? undefined) : undefined,
      status: 'waiting',
      reason: '',
      nextAttemptAt: now,
    },
    now,
  )
}
