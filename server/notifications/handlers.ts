import { systemScope } from '#server/auth/gate'
import type { JobData } from '#server/kernel/job'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { enqueue } from '#server/platform/queue/queue'
import { deliver } from './deliver'
import { foldHeld } from './fold'
import { happenedOf } from './queries/facts'
import { deliverWebhooks, relayEvents, wakeEndpoints } from './relay'
import { overdue } from './repository/deliveries'
import { tellingOf } from './rules/wording'
import { settle } from './settle'
import { answerFromSlack } from './slack/interaction'
import { tell } from './tell'

const now = () => new Date()

/** Events after which what was told of a decision is no longer how it stands. */
const settling = ['decision.answered', 'decision.undone', 'decision.expired', 'decision.withdrawn']

/** Job `notify`: who is told of an event; channels that told of a decision are brought up to date. */
export async function notify(job: JobData): Promise<void> {
  const scope = systemScope(job.organizationId)
  const happened = await happenedOf(scope, BigInt(job.sequence ?? '0'))
  if (!happened) return
  if (happened.decision && settling.includes(happened.type)) {
    await settle(scope, happened.decision.id, now())
  }
  const telling = tellingOf(happened, now())
  if (telling) await tell(scope, happened, telling, now())
}

/** Job `deliver-message`: one attempt at one message. */
export async function deliverMessage(job: JobData, signal: AbortSignal): Promise<void> {
  if (job.deliveryId) await deliver(job.deliveryId, now, signal)
}

/** Job `deliver-webhooks`: what is due for one endpoint. */
export async function deliverToEndpoint(job: JobData, signal: AbortSignal): Promise<void> {
  if (job.endpointId) await deliverWebhooks(job.endpointId, now, signal)
}

/** Job `answer-from-slack`: a pressed button. */
export async function answerSlack(job: JobData): Promise<void> {
  if (job.interactionId) await answerFromSlack(job.interactionId)
}

/** Regular: events for endpoints. */
export async function relayWebhooks(): Promise<void> {
  await relayEvents()
}

/** Regular: messages whose time has come, and those whose sender died. */
export async function watchDeliveries(): Promise<void> {
  await foldHeld(now())
  await wakeEndpoints()
  const lost = await overdue(200)
  if (lost.length === 0) return
  await transaction((tx) =>
    enqueue(
      tx,
      lost.map(({ id, organizationId }) => ({ job: { name: 'deliver-message', organizationId, deliveryId: id } })),
    ),
  )
}

const KEEP_DAYS = 30

/** Regular: what was told more than a month ago is in the audit trail; its messages are not kept. */
export async function forgetDeliveries(): Promise<void> {
  const before = new Date(now().getTime() - KEEP_DAYS * 24 * 3600_000)
  await database().delivery.deleteMany({
    where: { createdAt: { lt: before }, status: { in: ['sent', 'failed', 'skipped', 'folded'] } },
  })
  await database().notification.deleteMany({ where: { updatedAt: { lt: before }, readAt: { not: null } } })
  await database().slackInteraction.deleteMany({
    where: { receivedAt: { lt: new Date(now().getTime() - 24 * 3600_000) } },
  })
}
