import { z } from 'zod'
import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { isMember } from '#server/auth/queries'
import { mintLink } from '#server/decisions/links'
import { messageOf } from '#server/kernel/app-error'
import { visibleText } from '#server/kernel/visible-text'
import { sealer } from '#server/platform/crypto/seal'
import { database } from '#server/platform/database/client'
import type { Delivery, Prisma } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { webEnvironment } from '#server/platform/env/web'
import { append } from '#server/platform/events/log'
import { logger } from '#server/platform/logging/logger'
import { type ChannelName, type DeliveryKind, isQuestion } from './model'
import { type Access, type Channel, type Outgoing, SendError, type Sent } from './ports'
import { accessOf } from './queries/access'
import { decisionStanding } from './queries/facts'
import { channelNamed } from './registry'
import { claim, enqueueDelivery, finish, payloadOf } from './repository/deliveries'
import { grouped } from './rules/grouping'
import { nextAttemptIn } from './rules/retry'
import { catchUp } from './settle'
import { unsubscribePath } from './unsubscribe'

const KEPT = 'There is no mail server: kept in the development mailbox.'

export const linkPlace = (delivery: Pick<Delivery, 'id' | 'organizationId'>) => ({
  table: 'Delivery',
  organizationId: delivery.organizationId,
  rowId: delivery.id,
})

/**
 * One attempt at one message: claim it, send it, mark it. Whoever dies in between leaves a claim that runs out; the
 * next attempt carries the same key, so that a channel which saw the first one can tell.
 */
export async function deliver(deliveryId: string, now: () => Date, signal: AbortSignal): Promise<void> {
  const delivery = await claim(deliveryId)
  if (!delivery) return
  const scope = systemScope(delivery.organizationId)
  const channel = channelNamed(delivery.channel as ChannelName)
  const skip = await reasonToSkip(scope, delivery)
  if (skip) return void (await finish(database(), delivery, { status: 'skipped', reason: skip }))
  const began = now()
  try {
    const outgoing = await prepare(scope, delivery)
    if (!channel.ready()) return await keep(channel, delivery, outgoing)
    const limit = AbortSignal.timeout(channel.limitMs)
    const sent = await channel.send(outgoing, AbortSignal.any([limit, signal]))
    await markSent(scope, delivery, sent, { now: now(), durationMs: now().getTime() - began.getTime() })
  } catch (error) {
    if (signal.aborted) throw error
    await markFailed(scope, delivery, error, now())
  }
}

/** Overtaken by events: nobody is told who has left, and a question that needs nobody any more is not asked. */
async function reasonToSkip(scope: Scope, delivery: Delivery): Promise<string | null> {
  if (delivery.userId && !(await isMember(scope, delivery.userId))) return 'Whom it was for is no member any more.'
  if (!delivery.decisionId || delivery.kind !== 'message' || !isQuestion(delivery.topic)) return null
  const standing = await decisionStanding(scope, delivery.decisionId)
  return standing?.status === 'open' ? null : 'It was answered before this was sent.'
}

async function prepare(scope: Scope, delivery: Delivery): Promise<Outgoing> {
  const { message, items, count } = payloadOf(delivery)
  const baseUrl = webEnvironment().NEXTAUTH_URL.replace(/\/+$/, '')
  const access: Access = await accessOf(scope, delivery)
  const personal = delivery.channel === 'email' && message.decision !== null && message.outcome === null
  const path = personal && delivery.userId ? await personalPath(scope, delivery) : null
  const unsubscribe = delivery.kind === 'digest' && delivery.channel === 'email' && delivery.userId
  return {
    deliveryId: delivery.id,
    kind: delivery.kind as DeliveryKind,
    idempotencyKey: delivery.idempotencyKey,
    recipient: delivery.recipient,
    baseUrl,
    message: visible(grouped(message, items, count)),
    replaces: delivery.kind === 'update' ? delivery.externalId : null,
    personalLink: path ? `${baseUrl}${path}` : null,
    unsubscribeLink: unsubscribe ? `${baseUrl}${unsubscribePath(scope.organizationId, unsubscribe)}` : null,
    access,
  }
}

/** Questions come from models and tools: what would not be seen in a mail or in Slack is spelled out, as on pages. */
function visible<T>(value: T): T {
  if (typeof value === 'string') return visibleText(value) as T
  if (Array.isArray(value)) return value.map(visible) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visible(inner)])) as T
}

/** A link for this person alone, made at the moment of sending: the row that waits holds nothing that decides. */
async function personalPath(scope: Scope, { decisionId, userId, channel }: Delivery): Promise<string | null> {
  if (!decisionId || !userId) return null
  return transaction((tx) => mintLink(tx, scope, { decisionId, userId, channel }))
}

/** There is nowhere to send to: what would have gone out is kept, its personal link sealed for its recipient. */
async function keep(channel: Channel, delivery: Delivery, outgoing: Outgoing): Promise<void> {
  await finish(database(), delivery, {
    status: 'skipped',
    reason: KEPT,
    rendered: channel.render(outgoing) as Prisma.InputJsonValue,
    sealedLinks: outgoing.personalLink ? sealer().seal(outgoing.personalLink, linkPlace(delivery)) : null,
  })
}

async function markSent(
  scope: Scope,
  delivery: Delivery,
  sent: Sent,
  { now, durationMs }: { now: Date; durationMs: number },
): Promise<void> {
  await transaction(async (tx) => {
    const marked = await finish(tx, delivery, {
      status: 'sent',
      sentAt: now,
      durationMs,
      lastError: '',
      externalId: sent.externalId,
      rendered: (sent.rendered ?? undefined) as Prisma.InputJsonValue | undefined,
    })
    if (marked) await catchUp(tx, scope, { ...delivery, externalId: sent.externalId }, now)
  })
}

async function markFailed(scope: Scope, delivery: Delivery, thrown: unknown, now: Date): Promise<void> {
  const error =
    thrown instanceof SendError ? thrown : new SendError(messageOf(thrown), { retryable: true, cause: thrown })
  if (!(thrown instanceof SendError)) logger().error({ err: thrown, deliveryId: delivery.id }, 'a message failed')
  const wait = nextAttemptIn(
    {
      channel: delivery.channel as ChannelName,
      attempts: delivery.attempts,
      retryable: error.retryable,
      retryAfterSeconds: error.retryAfterSeconds,
      ageMs: now.getTime() - delivery.createdAt.getTime(),
    },
    Math.random(),
  )
  await transaction(async (tx) => {
    const lastError = error.message.slice(0, 2_000)
    const due = new Date(now.getTime() + (wait ?? 0))
    const data = wait === null ? { status: 'failed', lastError } : { status: 'waiting', lastError, nextAttemptAt: due }
    const marked = await finish(tx, delivery, data)
    if (marked && wait !== null) await enqueueDelivery(tx, delivery.organizationId, delivery.id, due, now)
    if (marked && error.gone && delivery.integrationId)
      await switchOffSlack(tx, scope, delivery.integrationId, lastError)
  })
}

/** A token that no longer works is not tried again and again: the integration is off until somebody connects it anew. */
async function switchOffSlack(tx: Transaction, scope: Scope, integrationId: string, reason: string): Promise<void> {
  const { count } = await tx.slackIntegration.updateMany({
    where: { id: integrationId, organizationId: scope.organizationId, status: 'active' },
    data: { status: 'disabled', disabledReason: reason },
  })
  if (count === 0) return
  const row = await tx.slackIntegration.findUniqueOrThrow({ where: { id: integrationId }, select: { name: true } })
  await append(tx, scope, [{ type: 'slack.disabled', payload: { integrationId, name: row.name, reason } }])
}

const renderedMail = z.object({ subject: z.string(), text: z.string(), html: z.string() })
export type RenderedMail = z.infer<typeof renderedMail>

/** A kept e-mail as it would have gone out; null when the row holds something else. */
export function mailOf(delivery: Pick<Delivery, 'rendered'>): RenderedMail | null {
  return renderedMail.safeParse(delivery.rendered).data ?? null
}
