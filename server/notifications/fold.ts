import type { Delivery } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import type { ChannelName } from './model'
import { dueHeld, enqueueDelivery, insertDelivery, payloadOf } from './repository/deliveries'
import { digestOf } from './rules/digest'
import { grouped } from './rules/grouping'

/** Held messages whose time has come: one goes out as it is, several as one. */
export async function foldHeld(now: Date): Promise<void> {
  for (const slot of await dueHeld(100)) await transaction((tx) => fold(tx, slot, now))
}

async function fold(
  tx: Transaction,
  slot: { organizationId: string; userId: string | null; integrationId: string | null; channel: ChannelName },
  now: Date,
): Promise<void> {
  await tx.$queryRaw`
    select id from "Delivery" where "organizationId" = ${slot.organizationId}::uuid and status = 'held' and channel = ${slot.channel}
      and "userId" is not distinct from ${slot.userId}::uuid for update`
  const due = await tx.delivery.findMany({
    where: { ...slot, status: 'held', nextAttemptAt: { lte: now } },
    orderBy: { createdAt: 'asc' },
  })
  const [first] = due
  if (!first) return
  const inDigest = due.some((delivery) => delivery.reason === 'digest')
  if (due.length === 1 && !inDigest) {
    await tx.delivery.update({ where: { id: first.id }, data: { status: 'waiting', nextAttemptAt: now } })
    await enqueueDelivery(tx, first.organizationId, first.id, now, now)
    return
  }
  const messages = due.map((delivery) => ({ message: messageOf(delivery), at: delivery.createdAt }))
  const message = digestOf(messages, inDigest ? 'Digest' : 'While you were away')
  await insertDelivery(
    tx,
    {
      organizationId: slot.organizationId,
      projectId: null,
      channel: slot.channel,
      kind: 'digest',
      notificationId: null,
      userId: slot.userId,
      decisionId: null,
      integrationId: slot.integrationId,
      topic: message.topic,
      groupKey: '',
      recipient: first.recipient,
      idempotencyKey: `digest:${first.id}`,
      payload: { message, items: message.items, count: 1 },
      status: 'waiting',
      reason: '',
      nextAttemptAt: now,
    },
    now,
  )
  await tx.delivery.updateMany({
    where: { id: { in: due.map((delivery) => delivery.id) } },
    data: { status: 'folded', reason: 'It went out together with others.' },
  })
}

function messageOf(delivery: Delivery) {
  const { message, items, count } = payloadOf(delivery)
  return grouped(message, items, count)
}
