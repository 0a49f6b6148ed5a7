import { randomUUID } from 'node:crypto'
import { cleanJson } from '#server/kernel/clean-text'
import { database } from '#server/platform/database/client'
import type { Delivery, Prisma } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { enqueue } from '#server/platform/queue/queue'
import type { ChannelName, DeliveryKind, Payload } from '../model'
import { payloadSchema } from '../model'

/** Seconds after which a send that was never marked counts as lost with its worker; longer than any channel's limit. */
const LOST_AFTER_SECONDS = 60

export interface NewDelivery {
  organizationId: string
  projectId: string | null
  channel: ChannelName
  kind: DeliveryKind
  notificationId: string | null
  userId: string | null
  decisionId: string | null
  integrationId: string | null
  topic: string
  groupKey: string
  recipient: string
  idempotencyKey: string
  payload: Payload
  /** the message that is to be changed, as its channel calls it */
  replaces?: string
  status: 'waiting' | 'held'
  reason: string
  nextAttemptAt: Date
}

/** Writes a delivery once; its job is in the same transaction. False when the same message is there already. */
export async function insertDelivery(tx: Transaction, given: NewDelivery, now: Date): Promise<boolean> {
  const { payload, replaces, ...rest } = given
  const id = randomUUID()
  const { count } = await tx.delivery.createMany({
    data: [{ ...rest, id, payload: cleanJson(payload) as Prisma.InputJsonValue, externalId: replaces ?? null }],
    skipDuplicates: true,
  })
  if (count === 1 && given.status === 'waiting')
    await enqueueDelivery(tx, given.organizationId, id, given.nextAttemptAt, now)
  return count === 1
}

export async function enqueueDelivery(
  tx: Transaction,
  organizationId: string,
  deliveryId: string,
  due: Date,
  now: Date,
): Promise<void> {
  const startAfterSeconds = Math.max(0, Math.ceil((due.getTime() - now.getTime()) / 1000))
  await enqueue(tx, [{ job: { name: 'deliver-message', organizationId, deliveryId }, startAfterSeconds }])
}

/** The newest message of a group to one recipient, not older than `after`. */
export function newestOfGroup(
  tx: Transaction,
  slot: Pick<NewDelivery, 'organizationId' | 'channel' | 'userId' | 'integrationId' | 'groupKey'>,
  after: Date,
): Promise<Delivery | null> {
  return tx.delivery.findFirst({
    where: { ...slot, kind: 'message', createdAt: { gt: after } },
    orderBy: { createdAt: 'desc' },
  })
}

export function payloadOf(delivery: Pick<Delivery, 'payload'>): Payload {
  return payloadSchema.parse(delivery.payload)
}

/** Changes what an unsent message says. False when it was sent meanwhile. */
export async function replacePayload(tx: Transaction, id: string, payload: Payload): Promise<boolean> {
  const { count } = await tx.delivery.updateMany({
    where: { id, status: { in: ['waiting', 'held'] } },
    data: { payload: cleanJson(payload) as Prisma.InputJsonValue },
  })
  return count === 1
}

/** When messages went out or are about to, by one channel to one person. */
export async function recentTimes(
  tx: Transaction,
  to: { organizationId: string; userId: string; channel: ChannelName },
  after: Date,
): Promise<Date[]> {
  const rows = await tx.delivery.findMany({
    where: { ...to, createdAt: { gt: after }, status: { in: ['waiting', 'sending', 'sent'] }, kind: { not: 'test' } },
    select: { createdAt: true },
  })
  return rows.map((row) => row.createdAt)
}

/**
 * Takes a delivery for one attempt: whoever gets the row back sends it, and nobody else. One whose sender died is
 * taken again after a minute.
 */
export async function claim(id: string): Promise<Delivery | null> {
  const [row] = await database().$queryRaw<{ id: string }[]>`
    update "Delivery" set status = 'sending', attempts = attempts + 1, "claimedAt" = now()
    where id = ${id}::uuid and (
      (status = 'waiting' and "nextAttemptAt" <= now() + interval '1 second')
      or (status = 'sending' and "claimedAt" < now() - make_interval(secs => ${LOST_AFTER_SECONDS}::double precision)))
    returning id`
  return row ? database().delivery.findUnique({ where: { id } }) : null
}

/** Writes how an attempt ended; only the attempt that still holds the row does. */
export async function finish(
  tx: Transaction,
  delivery: Pick<Delivery, 'id' | 'attempts'>,
  data: Prisma.DeliveryUpdateManyMutationInput,
): Promise<boolean> {
  const { count } = await tx.delivery.updateMany({
    where: { id: delivery.id, attempts: delivery.attempts, status: 'sending' },
    data: { ...data, claimedAt: null },
  })
  return count === 1
}

/** Messages that are due and that no job seems to take care of. */
export async function overdue(limit: number): Promise<{ id: string; organizationId: string }[]> {
  return database().$queryRaw`
    select id, "organizationId" from "Delivery"
    where channel <> 'webhook' and (
      (status = 'waiting' and "nextAttemptAt" < now() - interval '10 seconds')
      or (status = 'sending' and "claimedAt" < now() - make_interval(secs => ${LOST_AFTER_SECONDS}::double precision)))
    order by "nextAttemptAt" limit ${limit}`
}

/** People for whom held messages are due, by channel. */
export async function dueHeld(
  limit: number,
): Promise<{ organizationId: string; userId: string | null; integrationId: string | null; channel: ChannelName }[]> {
  return database().$queryRaw`
    select distinct "organizationId", "userId", "integrationId", channel from "Delivery"
    where status = 'held' and "nextAttemptAt" <= now() limit ${limit}`
}
