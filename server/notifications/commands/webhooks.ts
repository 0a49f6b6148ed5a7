import { randomUUID } from 'node:crypto'
import type { Scope } from '#server/auth/model'
import { cleanText } from '#server/kernel/clean-text'
import type { Prisma, WebhookEndpoint } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append, lastSequence } from '#server/platform/events/log'
import { literalKind } from '#server/platform/http/private-address'
import { enqueue } from '#server/platform/queue/queue'
import { localAddressesAllowed } from '#server/secrets/queries'
import { NotificationError } from '../errors'
import { type AddEndpoint, addEndpointInput, type ChangeEndpoint, changeEndpointInput } from '../model'
import { newWebhookSecret, sealFor } from '../repository/secrets'
import { judgeWebhookAddress } from '../rules/webhook-address'

/** Hours both secrets sign after a rotation: the time a receiver has to change. */
const ROTATION_HOURS = 24

async function checkedUrl(scope: Scope, text: string): Promise<string> {
  const policy = { allowLoopback: await localAddressesAllowed(scope) }
  const verdict = judgeWebhookAddress(text, policy, literalKind)
  if (verdict.ok) return verdict.url
  throw new NotificationError({ code: 'address-refused', kind: 'invalid', message: verdict.message })
}

async function assertProject(tx: Transaction, scope: Scope, projectId: string | null): Promise<void> {
  if (!projectId) return
  const found = await tx.project.count({ where: { id: projectId, organizationId: scope.organizationId } })
  if (found === 0) throw notFound('There is no such project.')
}

/** Connects a server of somebody's. Its secret is shown only in this answer. It is told what happens from now on. */
export async function addEndpoint(scope: Scope, given: AddEndpoint): Promise<{ id: string; secret: string }> {
  const input = addEndpointInput.parse(given)
  const url = await checkedUrl(scope, input.url)
  const secret = newWebhookSecret()
  const id = randomUUID()
  return transaction(async (tx) => {
    await assertProject(tx, scope, input.projectId)
    await tx.webhookEndpoint.create({
      data: {
        id,
        organizationId: scope.organizationId,
        projectId: input.projectId,
        name: cleanText(input.name),
        url,
        events: input.events,
        sealedSecret: sealFor('WebhookEndpoint', scope.organizationId, id, secret),
        cursor: await lastSequence(scope),
        createdById: scope.actor.kind === 'user' ? scope.actor.id : null,
      },
    })
    await append(tx, scope, [{ type: 'webhook.added', payload: { endpointId: id, name: input.name } }])
    return { id, secret }
  })
}

export async function changeEndpoint(scope: Scope, given: ChangeEndpoint): Promise<void> {
  const { endpointId, ...input } = changeEndpointInput.parse(given)
  const url = await checkedUrl(scope, input.url)
  await change(scope, endpointId, 'webhook.changed', async (tx) => {
    await assertProject(tx, scope, input.projectId)
    return { ...input, name: cleanText(input.name), url }
  })
}

/** A new secret; the one before signs as well for a day, so that the receiver can change without losing an event. */
export async function rotateSecret(scope: Scope, endpointId: string, now: Date): Promise<{ secret: string }> {
  const secret = newWebhookSecret()
  await change(scope, endpointId, 'webhook.secret-rotated', async (_tx, before) => ({
    sealedSecret: sealFor('WebhookEndpoint', scope.organizationId, endpointId, secret),
    sealedPreviousSecret: before.sealedSecret,
    previousUntil: new Date(now.getTime() + ROTATION_HOURS * 3600_000),
  }))
  return { secret }
}

/** Switches an endpoint on again: what waits is sent, and the log is read on where it stopped. */
export async function enableEndpoint(scope: Scope, endpointId: string): Promise<void> {
  await change(scope, endpointId, 'webhook.enabled', async () => ({
    status: 'active',
    disabledReason: '',
    failingSince: null,
    busyUntil: null,
  }))
}

export async function disableEndpoint(scope: Scope, endpointId: string): Promise<void> {
  const reason = `${scope.actor.name} switched it off.`
  await change(scope, endpointId, 'webhook.disabled', async () => ({ status: 'disabled', disabledReason: reason }), {
    reason,
  })
}

export async function removeEndpoint(scope: Scope, endpointId: string): Promise<void> {
  await transaction(async (tx) => {
    const before = await lockEndpoint(tx, scope, endpointId)
    await tx.delivery.deleteMany({ where: { organizationId: scope.organizationId, endpointId } })
    await tx.webhookEndpoint.delete({ where: { id: endpointId } })
    await append(tx, scope, [{ type: 'webhook.removed', payload: { endpointId, name: before.name } }])
  })
}

/** Sends a made-up event that says that it is one. */
export async function testEndpoint(scope: Scope, endpointId: string, now: Date): Promise<{ deliveryId: string }> {
  return transaction(async (tx) => {
    const endpoint = await lockEndpoint(tx, scope, endpointId)
    const id = randomUUID()
    const data = {
      event: 'webhook.tested',
      test: true,
      actor: { ...scope.actor },
      payload: { endpoint: endpoint.name },
    }
    await tx.delivery.create({
      data: {
        id,
        organizationId: scope.organizationId,
        channel: 'webhook',
        kind: 'test',
        endpointId,
        topic: 'webhook.tested',
        recipient: endpoint.url,
        idempotencyKey: `test_${id}`,
        payload: { type: 'status_update', timestamp: now.toISOString(), data },
      },
    })
    await wake(tx, scope, endpointId)
    return { deliveryId: id }
  })
}

/** Sends an event once more under the same id: a receiver that keeps ids sees that it has it already. */
export async function redeliver(scope: Scope, deliveryId: string, now: Date): Promise<void> {
  await transaction(async (tx) => {
    const [row] = await tx.delivery.updateManyAndReturn({
      where: {
        id: deliveryId,
        organizationId: scope.organizationId,
        channel: 'webhook',
        status: { in: ['sent', 'failed', 'waiting', 'skipped'] },
      },
      data: { status: 'waiting', nextAttemptAt: now },
    })
    if (!row?.endpointId) throw notFound('There is no such delivery, or it is being sent right now.')
    const { id: endpointId, name } = await lockEndpoint(tx, scope, row.endpointId)
    await wake(tx, scope, endpointId)
    await append(tx, scope, [{ type: 'webhook.redelivered', payload: { endpointId, name, event: row.topic } }])
  })
}

async function wake(tx: Transaction, scope: Scope, endpointId: string): Promise<void> {
  const { organizationId } = scope
  await enqueue(tx, [{ job: { name: 'deliver-webhooks', organizationId, endpointId }, priority: 10 }])
}

async function lockEndpoint(tx: Transaction, scope: Scope, endpointId: string): Promise<WebhookEndpoint> {
  await tx.$queryRaw`
    select id from "WebhookEndpoint" where id = ${endpointId}::uuid and "organizationId" = ${scope.organizationId}::uuid for update`
  const found = await tx.webhookEndpoint.findFirst({
    where: { id: endpointId, organizationId: scope.organizationId },
  })
  if (!found) throw notFound('There is no such endpoint.')
  return found
}

async function change(
  scope: Scope,
  endpointId: string,
  type: string,
  to: (tx: Transaction, before: WebhookEndpoint) => Promise<Prisma.WebhookEndpointUpdateInput>,
  told: Record<string, unknown> = {},
): Promise<void> {
  await transaction(async (tx) => {
    const before = await lockEndpoint(tx, scope, endpointId)
    const after = await tx.webhookEndpoint.update({ where: { id: endpointId }, data: await to(tx, before) })
    if (type === 'webhook.enabled') await wake(tx, scope, endpointId)
    await append(tx, scope, [{ type, payload: { endpointId, name: after.name, ...told } }])
  })
}

function notFound(message: string): NotificationError {
  return new NotificationError({ code: 'endpoint-not-found', kind: 'not-found', message })
}
