import { systemScope } from '#server/auth/gate'
import { isWanted, streamName } from '#server/kernel/event-names'
import { database } from '#server/platform/database/client'
import type { Delivery, Prisma, WebhookEndpoint } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { webEnvironment } from '#server/platform/env/web'
import { append, readEvents, type StoredEvent } from '#server/platform/events/log'
import { logger } from '#server/platform/logging/logger'
import { enqueue } from '#server/platform/queue/queue'
import { localAddressesAllowed } from '#server/secrets/queries'
import { SendError, type Sent } from './ports'
import { channelNamed } from './registry'
import { endpointSecrets } from './repository/secrets'
import { disableReason, nextAttemptIn } from './rules/retry'

/** Events looked at in one transaction, and deliveries sent in one turn of a worker. */
const PAGE = 200
const TURN = 50
/** Seconds a worker holds an endpoint for one send: longer than the longest. */
const HOLD_SECONDS = 60

/**
 * Reads each endpoint's part of the log, from where it stopped. Sequences have no gaps and become visible in order, so
 * a cursor misses nothing; where nobody listens this is one statement that finds no row.
 */
export async function relayEvents(): Promise<number> {
  const active = await database().$queryRaw<{ id: string; organizationId: string; isBehind: boolean }[]>`
    select endpoint.id, endpoint."organizationId", stream."lastSequence" > endpoint.cursor as "isBehind"
    from "WebhookEndpoint" endpoint
    join "EventStream" stream on stream."organizationId" = endpoint."organizationId"
    where endpoint.status = 'active'`
  somebodyListens = active.length > 0
  let written = 0
  for (const { id, organizationId, isBehind } of active) if (isBehind) written += await relayTo(id, organizationId)
  return written
}

/** What the last look saw; while it is false a notification of an event is not worth a statement. */
let somebodyListens = false
/** Milliseconds in which many notifications are one look. */
const NUDGE_MS = 50

/**
 * Looks at once when something happened, instead of at the next regular look.
 * @param onNotification calls back for each notification of the database
 */
export function relayWhenNudged(onNotification: (nudge: () => void) => void): void {
  let planned: NodeJS.Timeout | undefined
  onNotification(() => {
    if (planned || !somebodyListens) return
    planned = setTimeout(() => {
      planned = undefined
      relayEvents().catch((error) => logger().warn({ err: error }, 'events for webhooks wait for the next look'))
    }, NUDGE_MS)
    planned.unref()
  })
}

async function relayTo(endpointId: string, organizationId: string): Promise<number> {
  return transaction(async (tx) => {
    // Another worker may be at it: then this one has nothing to do here.
    const [locked] = await tx.$queryRaw<{ id: string }[]>`
      select id from "WebhookEndpoint" where id = ${endpointId}::uuid and status = 'active' for update skip locked`
    if (!locked) return 0
    const endpoint = await tx.webhookEndpoint.findUniqueOrThrow({ where: { id: endpointId } })
    const events = await readEvents(systemScope(organizationId), { after: endpoint.cursor, limit: PAGE })
    const last = events.at(-1)
    if (!last) return 0
    const wanted = events.filter((event) => isFor(endpoint, event))
    await tx.delivery.createMany({ data: wanted.map((event) => deliveryOf(endpoint, event)), skipDuplicates: true })
    await tx.webhookEndpoint.update({ where: { id: endpointId }, data: { cursor: last.sequence } })
    if (wanted.length > 0) await enqueue(tx, [{ job: { name: 'deliver-webhooks', organizationId, endpointId } }])
    return wanted.length
  })
}

/** What the product tells people is told to programs only when they ask for it by name. */
function isFor(endpoint: WebhookEndpoint, event: StoredEvent): boolean {
  if (endpoint.projectId && event.projectId !== endpoint.projectId) return false
  if (event.type.startsWith('notification.')) return endpoint.events.includes(event.type)
  return isWanted(endpoint.events, event.type)
}

/** The body: type, timestamp and data, as Standard Webhooks recommends. */
function webhookBody(event: StoredEvent): Prisma.InputJsonObject {
  const { sequence, type, projectId, requirementId, taskId, runId, decisionId, actor, payload } = event
  const ids = { projectId, requirementId, taskId, runId, decisionId }
  return {
    type: streamName(type),
    timestamp: event.at.toISOString(),
    data: {
      event: type,
      sequence: String(sequence),
      ...Object.fromEntries(Object.entries(ids).filter(([, id]) => id)),
      actor: { ...actor },
      payload: payload as Prisma.InputJsonValue,
    },
  }
}

function deliveryOf(endpoint: WebhookEndpoint, event: StoredEvent): Prisma.DeliveryCreateManyInput {
  return {
    organizationId: endpoint.organizationId,
    projectId: event.projectId ?? null,
    channel: 'webhook',
    kind: 'event',
    endpointId: endpoint.id,
    decisionId: null,
    topic: event.type,
    recipient: endpoint.url,
    idempotencyKey: `evt_${endpoint.id}_${event.sequence}`,
    payload: webhookBody(event),
  }
}

/**
 * Sends what is due for one endpoint, one after the other and by one worker at a time: a slow server costs one slot,
 * and events arrive in order as long as none of them fails.
 */
export async function deliverWebhooks(endpointId: string, now: () => Date, signal: AbortSignal): Promise<void> {
  for (let sent = 0; sent < TURN && !signal.aborted; sent++) {
    const endpoint = await hold(endpointId)
    if (!endpoint) return
    const delivery = await claimNext(endpointId)
    if (!delivery) return release(endpointId)
    await attempt(endpoint, delivery, now, signal)
    await release(endpointId)
  }
  await transaction(async (tx) => {
    const endpoint = await tx.webhookEndpoint.findUnique({ where: { id: endpointId } })
    if (!endpoint) return
    await enqueue(tx, [{ job: { name: 'deliver-webhooks', organizationId: endpoint.organizationId, endpointId } }])
  })
}

async function hold(endpointId: string): Promise<WebhookEndpoint | null> {
  const [held] = await database().$queryRaw<{ id: string }[]>`
    update "WebhookEndpoint" set "busyUntil" = now() + make_interval(secs => ${HOLD_SECONDS}::double precision)
    where id = ${endpointId}::uuid and status = 'active' and ("busyUntil" is null or "busyUntil" < now())
    returning id`
  return held ? database().webhookEndpoint.findUnique({ where: { id: endpointId } }) : null
}

async function release(endpointId: string): Promise<void> {
  await database().webhookEndpoint.updateMany({ where: { id: endpointId }, data: { busyUntil: null } })
}

async function claimNext(endpointId: string): Promise<Delivery | null> {
  const [row] = await database().$queryRaw<{ id: string }[]>`
    update "Delivery" set status = 'sending', attempts = attempts + 1, "claimedAt" = now()
    where id = (
      select id from "Delivery" where "endpointId" = ${endpointId}::uuid and (
        (status = 'waiting' and "nextAttemptAt" <= now())
        or (status = 'sending' and "claimedAt" < now() - make_interval(secs => ${HOLD_SECONDS}::double precision)))
      order by "nextAttemptAt", id limit 1 for update skip locked)
    returning id`
  return row ? database().delivery.findUnique({ where: { id: row.id } }) : null
}

async function attempt(
  endpoint: WebhookEndpoint,
  delivery: Delivery,
  now: () => Date,
  signal: AbortSignal,
): Promise<void> {
  const began = now()
  const channel = channelNamed('webhook')
  try {
    const sent = await channel.send(await outgoingOf(endpoint, delivery, began), signal)
    await markSent(endpoint, delivery, sent, now(), now().getTime() - began.getTime())
  } catch (error) {
    if (signal.aborted) throw error
    await markFailed(endpoint, delivery, error, now(), now().getTime() - began.getTime())
  }
}

async function outgoingOf(endpoint: WebhookEndpoint, delivery: Delivery, at: Date) {
  const allowLoopback = await localAddressesAllowed(systemScope(endpoint.organizationId))
  return {
    deliveryId: delivery.id,
    kind: 'event' as const,
    idempotencyKey: delivery.idempotencyKey,
    recipient: endpoint.url,
    baseUrl: webEnvironment().NEXTAUTH_URL,
    message: noMessage,
    replaces: null,
    personalLink: null,
    unsubscribeLink: null,
    access: {
      kind: 'webhook' as const,
      secrets: endpointSecrets(endpoint, at),
      allowLoopback,
      body: JSON.stringify(delivery.payload),
      sentAt: at,
    },
  }
}

/** Events go out as they are: nothing is put into words for people. */
const noMessage = {
  topic: 'signal' as const,
  urgency: 'whenever' as const,
  title: '',
  body: '',
  facts: [],
  path: '/',
  linkLabel: '',
  project: '',
  scripted: false,
  items: [],
  decision: null,
  outcome: null,
  thread: '',
}

async function markSent(
  endpoint: WebhookEndpoint,
  delivery: Delivery,
  sent: Sent,
  now: Date,
  durationMs: number,
): Promise<void> {
  await transaction(async (tx) => {
    const { answerStatus = null, answer = null } = sent
    await mark(tx, delivery, {
      status: 'sent',
      sentAt: now,
      durationMs,
      answerStatus,
      answer,
      lastError: '',
      externalId: sent.externalId,
    })
    const healthy = { failingSince: null, lastSentAt: now }
    await tx.webhookEndpoint.updateMany({ where: { id: endpoint.id }, data: healthy })
  })
}

async function mark(tx: Transaction, delivery: Delivery, data: Prisma.DeliveryUpdateManyMutationInput): Promise<void> {
  await tx.delivery.updateMany({
    where: { id: delivery.id, attempts: delivery.attempts, status: 'sending' },
    data: { ...data, claimedAt: null },
  })
}

async function markFailed(
  endpoint: WebhookEndpoint,
  delivery: Delivery,
  thrown: unknown,
  now: Date,
  durationMs: number,
): Promise<void> {
  const error =
    thrown instanceof SendError
      ? thrown
      : new SendError('Something went wrong here.', { retryable: true, cause: thrown })
  const failingSince = endpoint.failingSince ?? now
  const off = disableReason({ gone: error.gone, failingSince, now })
  const { retryable, retryAfterSeconds, answerStatus, answer } = error
  const ageMs = now.getTime() - delivery.createdAt.getTime()
  const { attempts } = delivery
  const wait = off
    ? null
    : nextAttemptIn({ channel: 'webhook', attempts, retryable, retryAfterSeconds, ageMs }, Math.random())
  const shown = { durationMs, answerStatus, answer, lastError: error.message.slice(0, 2_000) }
  await transaction(async (tx) => {
    const next =
      wait === null ? { status: 'failed' } : { status: 'waiting', nextAttemptAt: new Date(now.getTime() + wait) }
    await mark(tx, delivery, { ...shown, ...next })
    await tx.webhookEndpoint.updateMany({ where: { id: endpoint.id }, data: { failingSince } })
    const { organizationId, id: endpointId } = endpoint
    if (wait !== null) {
      const startAfterSeconds = Math.ceil(wait / 1000)
      await enqueue(tx, [{ job: { name: 'deliver-webhooks', organizationId, endpointId }, startAfterSeconds }])
    }
    if (off) await switchOff(tx, endpoint, off)
  })
}

async function switchOff(tx: Transaction, endpoint: WebhookEndpoint, reason: string): Promise<void> {
  const { count } = await tx.webhookEndpoint.updateMany({
    where: { id: endpoint.id, status: 'active' },
    data: { status: 'disabled', disabledReason: reason },
  })
  if (count === 0) return
  const payload = { endpointId: endpoint.id, name: endpoint.name, reason }
  await append(tx, systemScope(endpoint.organizationId), [{ type: 'webhook.disabled', payload }])
}

/** Endpoints with something due that no job seems to take care of. */
export async function wakeEndpoints(): Promise<void> {
  const due = await database().$queryRaw<{ id: string; organizationId: string }[]>`
    select distinct endpoint.id, endpoint."organizationId" from "WebhookEndpoint" endpoint
    join "Delivery" delivery on delivery."endpointId" = endpoint.id
    where endpoint.status = 'active' and (endpoint."busyUntil" is null or endpoint."busyUntil" < now())
      and delivery.status in ('waiting', 'sending') and delivery."nextAttemptAt" < now() - interval '3 seconds'
    limit 100`
  if (due.length === 0) return
  await transaction((tx) =>
    enqueue(
      tx,
      due.map(({ id, organizationId }) => ({ job: { name: 'deliver-webhooks', organizationId, endpointId: id } })),
    ),
  )
}
