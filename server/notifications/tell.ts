import type { Scope } from '#server/auth/model'
import { listMembers } from '#server/auth/queries'
import type { Transaction } from '#server/platform/database/transaction'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { type ChannelName, isQuestion, type Payload, type Wishes } from './model'
import { integrationsFor, slackPeopleOf } from './queries/integrations'
import { defaultWishes, wishesOf } from './queries/preferences'
import { channels } from './registry'
import {
  insertDelivery,
  type NewDelivery,
  newestOfGroup,
  payloadOf,
  recentTimes,
  replacePayload,
} from './repository/deliveries'
import { noteFor } from './repository/inbox'
import { audience, isReached, reachOf } from './rules/audience'
import { BURST_WINDOW_MS, COMPANY_MS, floodWaitMs, groupKeyOf, waitsForCompany, withItem } from './rules/grouping'
import { holdOf } from './rules/quiet-hours'
import type { Happened, Telling } from './rules/wording'

interface Recipient {
  userId: string
  email: string
  mine: boolean
  wishes: { project: Wishes | null; all: Wishes | null }
}

type Slot = Omit<NewDelivery, 'payload' | 'status' | 'reason' | 'nextAttemptAt' | 'idempotencyKey'>

/**
 * Writes down who is told of an event, in their inboxes and as deliveries, in one transaction with the jobs that send
 * them. Told twice of the same event nobody gets anything new.
 */
export async function tell(scope: Scope, happened: Happened, telling: Telling, now: Date): Promise<void> {
  const recipients = await recipientsOf(scope, happened, telling)
  const groupKey = groupKeyOf({
    topic: telling.message.topic,
    requirementId: happened.requirement?.id ?? null,
    projectId: happened.project?.id ?? null,
    source: telling.item.source,
  })
  await transaction(async (tx) => {
    // Two failures at the same moment must find the same group.
    await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`tell ${scope.organizationId} ${groupKey}`}, 0))`
    // Two jobs may tell of the question and of its answer at the same time: what was answered asks nobody any more.
    if (happened.decision && isQuestion(telling.message.topic) && !(await staysOpen(tx, happened.decision.id))) return
    const told = new Set<string>()
    const used = new Set<string>()
    for (const recipient of recipients) {
      const by = await tellPerson(tx, scope, { happened, telling, groupKey, recipient, now })
      if (by.length > 0) told.add(recipient.userId)
      for (const channel of by) used.add(channel)
    }
    for (const integration of await integrationsFor(scope, happened.project?.id ?? null, telling.message.topic)) {
      const slot = slotOf(scope, happened, telling, groupKey, 'slack', integration.slackChannel || integration.name)
      if (await joinOrWrite(tx, { ...slot, integrationId: integration.id }, telling, null, now)) used.add('slack')
    }
    if (told.size === 0 && used.size === 0) return
    const { topic, title } = telling.message
    await append(tx, scope, [
      {
        type: 'notification.sent',
        projectId: happened.project?.id,
        requirementId: happened.requirement?.id,
        taskId: happened.task?.id,
        decisionId: happened.decision?.id,
        payload: { topic, title, people: told.size, ...waysOf(used) },
      },
    ])
  })
}

/** By which channels it goes out, and which only keep it because nobody has set them up. */
function waysOf(used: ReadonlySet<string>): { channels: string[]; kept: string[] } {
  const kept = channels
    .filter((channel) => used.has(channel.name) && !channel.ready())
    .map(({ name }) => name as string)
  return { channels: [...used].filter((name) => !kept.includes(name)).sort(), kept }
}

/** Whether a decision is open, and nobody may answer it before this transaction has ended. */
async function staysOpen(tx: Transaction, decisionId: string): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ status: string }[]>`
    select status from "Decision" where id = ${decisionId}::uuid for share`
  return row?.status === 'open'
}

async function recipientsOf(scope: Scope, happened: Happened, telling: Telling): Promise<Recipient[]> {
  const members = await listMembers(scope)
  const told = audience(telling.concern, members)
  const wishes = await wishesOf(
    scope,
    told.map((one) => one.userId),
    happened.project?.id ?? null,
  )
  return told.flatMap(({ userId, mine }) => {
    const member = members.find((one) => one.userId === userId)
    if (!member) return []
    return [{ userId, email: member.email, mine, wishes: wishes.get(userId) ?? { project: null, all: null } }]
  })
}

interface PersonTold {
  happened: Happened
  telling: Telling
  groupKey: string
  recipient: Recipient
  now: Date
}

/** @returns the channels by which something new goes to the person */
async function tellPerson(tx: Transaction, scope: Scope, told: PersonTold): Promise<ChannelName[]> {
  const { happened, telling, groupKey, recipient, now } = told
  const { topic } = telling.message
  const matrices = [recipient.wishes.project?.matrix ?? null, recipient.wishes.all?.matrix ?? null]
  const reached = channels.filter(
    (channel) => channel.personal && isReached(reachOf(topic, channel, matrices), recipient.mine),
  )
  if (reached.length === 0) return []
  const note = await noteFor(tx, scope, {
    happened,
    telling,
    groupKey,
    userId: recipient.userId,
    quietly: !reached.some((channel) => channel.name === 'in-app'),
    now,
  })
  if (!note.isNews) return []
  const used: ChannelName[] = reached.some((channel) => channel.name === 'in-app') ? ['in-app'] : []
  for (const channel of reached) {
    for (const address of await addressesOf(scope, channel.name, recipient, happened)) {
      const slot = {
        ...slotOf(scope, happened, telling, groupKey, channel.name, address.recipient),
        userId: recipient.userId,
        notificationId: note.id,
        integrationId: address.integrationId,
      }
      const wishes = recipient.wishes.project ?? recipient.wishes.all ?? defaultWishes
      if (await joinOrWrite(tx, slot, telling, wishes, now)) used.push(channel.name)
    }
  }
  return used
}

async function addressesOf(
  scope: Scope,
  channel: ChannelName,
  recipient: Recipient,
  happened: Happened,
): Promise<{ recipient: string; integrationId: string | null }[]> {
  if (channel === 'email') return [{ recipient: recipient.email, integrationId: null }]
  if (channel === 'slack') return slackPeopleOf(scope, recipient.userId, happened.project?.id ?? null)
  return []
}

function slotOf(
  scope: Scope,
  happened: Happened,
  telling: Telling,
  groupKey: string,
  channel: ChannelName,
  recipient: string,
): Slot {
  return {
    organizationId: scope.organizationId,
    projectId: happened.project?.id ?? null,
    channel,
    kind: 'message',
    notificationId: null,
    userId: null,
    decisionId: happened.decision?.id ?? null,
    integrationId: null,
    topic: telling.message.topic,
    groupKey,
    recipient,
  }
}

/** Joins the message of the group that has not gone out yet, or writes one. False when it says so already. */
async function joinOrWrite(
  tx: Transaction,
  slot: Slot,
  telling: Telling,
  wishes: Wishes | null,
  now: Date,
): Promise<boolean> {
  const { channel, userId, integrationId, groupKey, organizationId } = slot
  const earlier = await newestOfGroup(
    tx,
    { channel, userId, integrationId, groupKey, organizationId },
    new Date(now.getTime() - BURST_WINDOW_MS),
  )
  // What is held would keep what is urgent: that goes out by itself.
  const apart = earlier?.status === 'held' && telling.message.urgency === 'now'
  if (earlier) {
    const payload = payloadOf(earlier)
    if (payload.items.some((item) => item.source === telling.item.source)) return false
  }
  if (earlier && !apart) {
    const payload = payloadOf(earlier)
    const joined = { ...payload, items: withItem(payload.items, telling.item), count: payload.count + 1 }
    if (await replacePayload(tx, earlier.id, joined)) return true
  }
  const payload: Payload = { message: telling.message, items: [telling.item], count: 1 }
  const before = earlier && !apart ? earlier.createdAt : null
  const timing = await timingOf(tx, slot, telling, wishes, before, now)
  const key = `${telling.item.source}:${organizationId}:${channel}:${userId ?? ''}:${integrationId ?? ''}`
  return insertDelivery(tx, { ...slot, ...timing, payload, idempotencyKey: key }, now)
}

/** When it goes out: at once, with company, after quiet hours, in a digest, or when the person has had enough. */
async function timingOf(
  tx: Transaction,
  slot: Slot,
  { message }: Telling,
  wishes: Wishes | null,
  before: Date | null,
  now: Date,
): Promise<Pick<NewDelivery, 'status' | 'reason' | 'nextAttemptAt'>> {
  const later = (ms: number) => new Date(now.getTime() + ms)
  // The group's last message went out a moment ago: what follows is one message at the end of its window.
  const afterWindow = before ? before.getTime() + BURST_WINDOW_MS - now.getTime() : 0
  const company = waitsForCompany(message.topic) ? COMPANY_MS : 0
  const due = later(Math.max(afterWindow, company))
  if (wishes && slot.userId) {
    const deadline = message.decision?.deadline ? new Date(message.decision.deadline) : null
    const digestible = slot.channel === 'email'
    // Quiet hours may begin while it waits.
    const hold = holdOf(due, wishes, { urgency: message.urgency, deadline, digestible })
    if (hold) return { status: 'held', reason: hold.reason, nextAttemptAt: hold.until }
    const to = { organizationId: slot.organizationId, userId: slot.userId, channel: slot.channel }
    const flood = floodWaitMs(await recentTimes(tx, to, later(-BURST_WINDOW_MS)), now)
    const inTime = deadline === null || later(flood) < deadline
    if (flood > 0 && inTime) return { status: 'held', reason: 'many messages at once', nextAttemptAt: later(flood) }
  }
  return { status: 'waiting', reason: '', nextAttemptAt: due }
}
