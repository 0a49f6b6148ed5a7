import { randomUUID } from 'node:crypto'
import type { Prisma } from '#server/platform/database/generated/client'
import { sendLarge, type Transaction } from '#server/platform/database/transaction'

export type DeliveryDraft = Prisma.InboundDeliveryCreateManyInput & { payload: Uint8Array<ArrayBuffer> }

/** @returns its id, or null when there is one of the same sender's id already */
export async function insertDelivery(tx: Transaction, delivery: DeliveryDraft): Promise<string | null> {
  const [stored] = await tx.inboundDelivery.createManyAndReturn({
    data: [delivery],
    skipDuplicates: true,
    select: { id: true },
  })
  return stored?.id ?? null
}

/**
 * Stores a large delivery without accepting it: nobody reads it yet. When it comes to no more than that, the sender gets
 * no answer and sends it again. The bytes go to Postgres as they are.
 */
export async function putAside(delivery: DeliveryDraft): Promise<void> {
  const { organizationId, projectId, sourceId, deliveryId, event, payload, bytes, receivedAt } = delivery
  const body = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  await sendLarge(
    `insert into "InboundDelivery"
      (id, "organizationId", "projectId", "sourceId", "deliveryId", event, payload, bytes, "receivedAt", status)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'arriving') on conflict ("sourceId", "deliveryId") do nothing`,
    [randomUUID(), organizationId, projectId, sourceId, deliveryId, event, body, bytes, receivedAt],
  )
}

/** @returns the id of what was put aside, once: null when it was accepted before, or nothing was put aside */
export async function acceptPutAside(
  tx: Transaction,
  { sourceId, deliveryId }: Pick<DeliveryDraft, 'sourceId' | 'deliveryId'>,
): Promise<string | null> {
  const [accepted] = await tx.inboundDelivery.updateManyAndReturn({
    where: { sourceId, deliveryId, status: 'arriving' },
    data: { status: 'accepted' },
    select: { id: true },
  })
  return accepted?.id ?? null
}

export async function storedAs(
  tx: Transaction,
  { sourceId, deliveryId }: Pick<DeliveryDraft, 'sourceId' | 'deliveryId'>,
): Promise<string> {
  const where = { sourceId_deliveryId: { sourceId, deliveryId } }
  return (await tx.inboundDelivery.findUniqueOrThrow({ where, select: { id: true } })).id
}
