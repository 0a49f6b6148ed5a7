import type { Scope } from '#server/auth/model'
import { isAllowed } from '#server/auth/rules/permissions'
import { sealer } from '#server/platform/crypto/seal'
import { reader } from '#server/platform/database/transaction'
import { mailEnvironment } from '#server/platform/env/mail'
import { linkPlace, mailOf, type RenderedMail } from '../deliver'
import { NotificationError } from '../errors'
import { type ChannelName, type DeliveryStatus, type Reach, type Topic, topicNames, topics } from '../model'
import { channels } from '../registry'
import { slackAccountBehind } from '../slack/interaction'

/** A column of the settings matrix, as the registry has it. */
export interface ChannelView {
  name: ChannelName
  label: string
  byDefault: Partial<Record<Topic, Reach>>
  /** false: what goes there is only kept, because nothing is configured */
  ready: boolean
}

/** Everything the preferences page is drawn from. */
export function matrixView(): {
  channels: ChannelView[]
  topics: { name: Topic; label: string; hint: string }[]
} {
  return {
    channels: channels
      .filter((channel) => channel.personal)
      .map(({ name, label, byDefault, ready }) => ({ name, label, byDefault, ready: ready() })),
    topics: topicNames.map((name) => ({ name, ...topics[name] })),
  }
}

/** Whether the caller is known in Slack, and whether there is a bot that could write to them. */
export async function ownSlack(scope: Scope): Promise<{ linked: boolean; bot: boolean }> {
  const { organizationId, actor } = scope
  const bots = await reader().slackIntegration.count({ where: { organizationId, mode: 'bot', status: 'active' } })
  const linked =
    actor.kind === 'user' && actor.id
      ? await reader().slackPerson.count({ where: { organizationId, userId: actor.id } })
      : 0
  return { linked: linked > 0, bot: bots > 0 }
}

/** Who in Slack a link was made for, in words; null when the link does not count (any more). */
export function slackBehindLink(scope: Scope, token: string, now: Date): string | null {
  try {
    const { slackName, slackUserId } = slackAccountBehind(scope.organizationId, token, now)
    return slackName ? `${slackName} (${slackUserId})` : slackUserId
  } catch (error) {
    if (error instanceof NotificationError) return null
    throw error
  }
}

export interface EndpointView {
  id: string
  name: string
  url: string
  projectId: string | null
  events: string[]
  active: boolean
  disabledReason: string
  failingSince: Date | null
  lastSentAt: Date | null
  previousUntil: Date | null
  createdAt: Date
  waiting: number
}

/** Many tools put a secret into the path of the address they give out: only who could change it sees all of it. */
function addressFor(scope: Scope, url: string): string {
  return isAllowed(scope.role, 'integration.change') ? url : `${new URL(url).origin}/…`
}

/** The organization's endpoints without their secrets, oldest first. */
export async function listEndpoints(scope: Scope): Promise<EndpointView[]> {
  const { organizationId } = scope
  const rows = await reader().webhookEndpoint.findMany({ where: { organizationId }, orderBy: { createdAt: 'asc' } })
  const waiting = await reader().delivery.groupBy({
    by: ['endpointId'],
    where: { organizationId, channel: 'webhook', status: { in: ['waiting', 'sending'] } },
    _count: { id: true },
  })
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    url: addressFor(scope, row.url),
    projectId: row.projectId,
    events: row.events,
    active: row.status === 'active',
    disabledReason: row.disabledReason,
    failingSince: row.failingSince,
    lastSentAt: row.lastSentAt,
    previousUntil: row.previousUntil,
    createdAt: row.createdAt,
    waiting: waiting.find((entry) => entry.endpointId === row.id)?._count.id ?? 0,
  }))
}

/** @throws NotificationError endpoint-not-found */
export async function findEndpoint(scope: Scope, endpointId: string): Promise<EndpointView> {
  const found = (await listEndpoints(scope)).find((endpoint) => endpoint.id === endpointId)
  if (found) return found
  throw new NotificationError({
    code: 'endpoint-not-found',
    kind: 'not-found',
    message: 'There is no such endpoint. It may have been removed.',
  })
}

export interface DeliveryView {
  id: string
  kind: string
  topic: string
  status: DeliveryStatus
  attempts: number
  nextAttemptAt: Date
  lastError: string
  answerStatus: number | null
  durationMs: number | null
  createdAt: Date
  sentAt: Date | null
}

const shortly = {
  id: true,
  kind: true,
  topic: true,
  status: true,
  attempts: true,
  nextAttemptAt: true,
  lastError: true,
  answerStatus: true,
  durationMs: true,
  createdAt: true,
  sentAt: true,
} as const

/** The newest deliveries of an endpoint. @throws NotificationError endpoint-not-found */
export async function endpointDeliveries(scope: Scope, endpointId: string): Promise<DeliveryView[]> {
  await findEndpoint(scope, endpointId)
  const rows = await reader().delivery.findMany({
    where: { organizationId: scope.organizationId, endpointId },
    orderBy: { createdAt: 'desc' },
    take: 100,
    select: shortly,
  })
  return rows.map((row) => ({ ...row, status: row.status as DeliveryStatus }))
}

/** What one delivery sent, and what its server answered. @throws NotificationError delivery-not-found */
export async function findDelivery(
  scope: Scope,
  deliveryId: string,
): Promise<DeliveryView & { endpointId: string; body: string; answer: string | null; webhookId: string }> {
  const row = await reader().delivery.findFirst({
    where: { id: deliveryId, organizationId: scope.organizationId, channel: 'webhook' },
    select: { ...shortly, endpointId: true, payload: true, answer: true, idempotencyKey: true },
  })
  if (!row?.endpointId) throw noDelivery()
  const { payload, idempotencyKey, endpointId, ...rest } = row
  const body = JSON.stringify(payload, null, 2)
  return { ...rest, endpointId, status: row.status as DeliveryStatus, body, webhookId: idempotencyKey }
}

function noDelivery(): NotificationError {
  return new NotificationError({
    code: 'delivery-not-found',
    kind: 'not-found',
    message: 'There is no such delivery. Deliveries are kept for 30 days.',
  })
}

export interface SlackView {
  id: string
  name: string
  mode: 'webhook' | 'bot'
  projectId: string | null
  channel: string
  topics: string[]
  lastFour: string
  active: boolean
  disabledReason: string
  createdAt: Date
  lastSentAt: Date | null
  lastError: string
}

/** The organization's connections to Slack without their secrets, and how the last message went. */
export async function listSlack(scope: Scope): Promise<SlackView[]> {
  const { organizationId } = scope
  const rows = await reader().slackIntegration.findMany({ where: { organizationId }, orderBy: { createdAt: 'asc' } })
  return Promise.all(
    rows.map(async (row) => {
      const last = await reader().delivery.findFirst({
        where: { organizationId, integrationId: row.id, attempts: { gt: 0 } },
        orderBy: { createdAt: 'desc' },
        select: { sentAt: true, lastError: true },
      })
      return {
        id: row.id,
        name: row.name,
        mode: row.mode === 'bot' ? ('bot' as const) : ('webhook' as const),
        projectId: row.projectId,
        channel: row.slackChannel,
        topics: row.topics,
        lastFour: row.lastFour,
        active: row.status === 'active',
        disabledReason: row.disabledReason,
        createdAt: row.createdAt,
        lastSentAt: last?.sentAt ?? null,
        lastError: last?.lastError ?? '',
      }
    }),
  )
}

export interface SlackPersonView {
  id: string
  slackUserId: string
  userId: string
  name: string
}

export async function listSlackPeople(scope: Scope): Promise<SlackPersonView[]> {
  const { organizationId } = scope
  const rows = await reader().slackPerson.findMany({ where: { organizationId }, orderBy: { createdAt: 'asc' } })
  const members = await reader().member.findMany({
    where: { organizationId, userId: { in: rows.map((row) => row.userId) } },
    select: { userId: true, user: { select: { name: true, email: true } } },
  })
  return rows.map(({ id, slackUserId, userId }) => {
    const member = members.find((one) => one.userId === userId)
    return { id, slackUserId, userId, name: member?.user.name ?? member?.user.email ?? 'a former member' }
  })
}

export interface MailView extends RenderedMail {
  id: string
  to: string
  at: Date
  status: DeliveryStatus
  reason: string
  /** the personal link, shown only to the person it was made for */
  link: string | null
}

/** The newest e-mails, as they went out or would have gone out. */
export async function mailbox(scope: Scope): Promise<{ configured: boolean; mails: MailView[] }> {
  const { organizationId, actor } = scope
  const rows = await reader().delivery.findMany({
    where: { organizationId, channel: 'email', rendered: { not: { equals: null } } },
    orderBy: { createdAt: 'desc' },
    take: 50,
  })
  const mails = rows.flatMap((row): MailView[] => {
    const mail = mailOf(row)
    if (!mail) return []
    const own = row.sealedLinks !== null && actor.kind === 'user' && row.userId === actor.id
    const link = own && row.sealedLinks ? sealer().open(row.sealedLinks, linkPlace(row)) : null
    const { id, recipient: to, createdAt: at, reason } = row
    return [{ ...mail, id, to, at, status: row.status as DeliveryStatus, reason, link }]
  })
  return { configured: Boolean(mailEnvironment().EMAIL_SERVER), mails }
}
