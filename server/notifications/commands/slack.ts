import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Scope } from '#server/auth/model'
import { cleanText } from '#server/kernel/clean-text'
import type { SlackIntegration } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { NotificationError } from '../errors'
import { type ConnectSlack, connectSlackInput, type LinkSlackPerson, type Message } from '../model'
import { SendError } from '../ports'
import { insertDelivery } from '../repository/deliveries'
import { sealFor } from '../repository/secrets'
import { callSlack, isSlackAddress } from '../slack/api'
import { slackAccountBehind } from '../slack/interaction'

const authTestSchema = z.looseObject({ team_id: z.string(), team: z.string().catch('') })

function refused(message: string, cause?: unknown): NotificationError {
  return new NotificationError({ code: 'slack-refused', kind: 'invalid', message, cause })
}

function notFound(message: string): NotificationError {
  return new NotificationError({ code: 'integration-not-found', kind: 'not-found', message })
}

/** Connects a channel of Slack. A bot's token is tried before it is kept. @throws NotificationError slack-refused */
export async function connectSlack(scope: Scope, given: ConnectSlack): Promise<{ id: string }> {
  const input = connectSlackInput.parse(given)
  if (input.mode === 'webhook' && !isSlackAddress(input.webhookUrl)) {
    throw refused(
      'This is not an incoming webhook of Slack. Its address begins with https://hooks.slack.com/services/.',
    )
  }
  const teamId = input.mode === 'bot' ? await teamOf(input.botToken) : ''
  const id = randomUUID()
  const { organizationId } = scope
  const access = input.mode === 'bot' ? input.botToken : input.webhookUrl
  return transaction(async (tx) => {
    if (input.projectId) {
      const found = await tx.project.count({ where: { id: input.projectId, organizationId } })
      if (found === 0) throw notFound('There is no such project.')
    }
    await tx.slackIntegration.create({
      data: {
        id,
        organizationId,
        projectId: input.projectId,
        name: cleanText(input.name),
        mode: input.mode,
        sealedAccess: sealFor('SlackIntegration', organizationId, id, access),
        sealedSigningSecret:
          input.mode === 'bot' ? sealFor('SlackIntegration', organizationId, id, input.signingSecret) : null,
        lastFour: access.slice(-4),
        slackChannel: input.mode === 'bot' ? input.slackChannel : '',
        slackTeamId: teamId,
        topics: input.topics,
        createdById: scope.actor.kind === 'user' ? scope.actor.id : null,
      },
    })
    await append(tx, scope, [{ type: 'slack.connected', payload: { integrationId: id, name: input.name } }])
    return { id }
  })
}

async function teamOf(token: string): Promise<string> {
  try {
    return authTestSchema.parse(await callSlack('auth.test', token, {})).team_id
  } catch (error) {
    if (error instanceof SendError && error.retryable) {
      throw refused(`The bot token could not be tried: ${error.message} Nothing was saved; please try again.`, error)
    }
    const why = error instanceof SendError ? error.message : 'its answer could not be read.'
    throw refused(`Slack did not accept the bot token: ${why} Nothing was saved.`, error)
  }
}

async function lockIntegration(tx: Transaction, scope: Scope, integrationId: string): Promise<SlackIntegration> {
  const found = await tx.slackIntegration.findFirst({
    where: { id: integrationId, organizationId: scope.organizationId },
  })
  if (!found) throw notFound('There is no such Slack connection.')
  return found
}

/** Forgets a connection and its secrets. Messages that were sent stay in Slack; their buttons do nothing any more. */
export async function removeSlack(scope: Scope, integrationId: string): Promise<void> {
  await transaction(async (tx) => {
    const { name } = await lockIntegration(tx, scope, integrationId)
    await tx.delivery.updateMany({
      where: { organizationId: scope.organizationId, integrationId, status: { in: ['waiting', 'held'] } },
      data: { status: 'skipped', reason: 'Slack was disconnected.' },
    })
    await tx.slackIntegration.delete({ where: { id: integrationId } })
    await append(tx, scope, [{ type: 'slack.removed', payload: { integrationId, name } }])
  })
}

/** Posts a message that says that it is a test. */
export async function testSlack(scope: Scope, integrationId: string, now: Date): Promise<{ deliveryKey: string }> {
  const deliveryKey = `test:slack:${randomUUID()}`
  await transaction(async (tx) => {
    const integration = await lockIntegration(tx, scope, integrationId)
    await insertDelivery(
      tx,
      {
        organizationId: scope.organizationId,
        projectId: integration.projectId,
        channel: 'slack',
        kind: 'test',
        notificationId: null,
        userId: null,
        decisionId: null,
        integrationId,
        topic: '',
        groupKey: '',
        recipient: integration.slackChannel || integration.name,
        idempotencyKey: deliveryKey,
        payload: { message: testMessage(scope.actor.name), items: [], count: 1 },
        status: 'waiting',
        reason: '',
        nextAttemptAt: now,
      },
      now,
    )
  })
  return { deliveryKey }
}

function testMessage(person: string): Message {
  return {
    topic: 'signal',
    urgency: 'whenever',
    title: 'This is a test',
    body: `${person} sent it from the settings of Orchestrator. Messages arrive here.`,
    facts: [],
    path: '/settings/integrations',
    linkLabel: 'Open the settings',
    project: '',
    scripted: false,
    items: [],
    decision: null,
    outcome: null,
    thread: 'test',
  }
}

/** Says which member somebody in Slack is. @throws NotificationError for a foreign integration or person */
export async function linkSlackPerson(scope: Scope, input: LinkSlackPerson): Promise<void> {
  await transaction(async (tx) => {
    const { slackTeamId } = await lockIntegration(tx, scope, input.integrationId)
    await link(tx, scope, { slackTeamId, slackUserId: input.slackUserId, userId: input.userId })
  })
}

/** The same by the link that Slack showed somebody, who opens it signed in. @throws NotificationError link-invalid */
export async function linkSlackSelf(scope: Scope, token: string, now: Date): Promise<void> {
  if (scope.actor.kind !== 'user' || !scope.actor.id) throw notFound('Only people can be linked.')
  const userId = scope.actor.id
  const { teamId, slackUserId } = slackAccountBehind(scope.organizationId, token, now)
  await transaction((tx) => link(tx, scope, { slackTeamId: teamId, slackUserId, userId }))
}

async function link(
  tx: Transaction,
  scope: Scope,
  person: { slackTeamId: string; slackUserId: string; userId: string },
): Promise<void> {
  const { organizationId } = scope
  const member = await tx.member.findFirst({
    where: { organizationId, userId: person.userId },
    select: { user: { select: { name: true, email: true } } },
  })
  if (!member) throw notFound('There is no such member.')
  const { slackTeamId, slackUserId, userId } = person
  await tx.slackPerson.upsert({
    where: { organizationId_slackTeamId_slackUserId: { organizationId, slackTeamId, slackUserId } },
    create: { organizationId, slackTeamId, slackUserId, userId },
    update: { userId },
  })
  const name = member.user.name ?? member.user.email
  await append(tx, scope, [{ type: 'slack.person-linked', payload: { slackUserId, name } }])
}

export async function unlinkSlackPerson(scope: Scope, personId: string): Promise<void> {
  await transaction(async (tx) => {
    const found = await tx.slackPerson.findFirst({ where: { id: personId, organizationId: scope.organizationId } })
    if (!found) throw notFound('There is no such link.')
    await tx.slackPerson.delete({ where: { id: personId } })
    await append(tx, scope, [{ type: 'slack.person-unlinked', payload: { slackUserId: found.slackUserId } }])
  })
}
