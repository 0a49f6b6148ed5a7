import { randomUUID } from 'node:crypto'
import type { Scope } from '#server/auth/model'
import { transaction } from '#server/platform/database/transaction'
import { enqueue } from '#server/platform/queue/queue'
import { SignalError } from '../errors'
import type { SourceKind } from '../model'
import { samplePayload } from '../rules/samples'

/**
 * Puts a sample of the tool's own payload on the way a real delivery takes after its secret was checked: stored, read by
 * the worker, judged by the rules. Its title says that it is a test.
 * @throws SignalError source-not-found
 */
export async function sendTestDelivery(scope: Scope, sourceId: string): Promise<{ deliveryId: string }> {
  const { organizationId } = scope
  return transaction(async (tx) => {
    const source = await tx.signalSource.findFirst({ where: { id: sourceId, organizationId } })
    if (!source) {
      throw new SignalError({ code: 'source-not-found', kind: 'not-found', message: 'There is no such source here.' })
    }
    const { event, body } = samplePayload(source.kind as SourceKind)
    const payload = Buffer.from(JSON.stringify(body))
    const { id } = await tx.inboundDelivery.create({
      data: {
        organizationId,
        projectId: source.projectId,
        sourceId,
        deliveryId: `test:${randomUUID()}`,
        event,
        payload,
        bytes: payload.byteLength,
      },
      select: { id: true },
    })
    await enqueue(tx, [{ job: { name: 'read-delivery', organizationId, projectId: source.projectId, inboundId: id } }])
    return { deliveryId: id }
  })
}
