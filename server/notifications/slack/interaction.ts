import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { authorize, personScope } from '#server/auth/gate'
import { answerDecision } from '#server/decisions/commands'
import { AppError, messageOf } from '#server/kernel/app-error'
import { cleanJson } from '#server/kernel/clean-text'
import { database } from '#server/platform/database/client'
import type { Prisma, SlackInteraction } from '#server/platform/database/generated/client'
import { transaction } from '#server/platform/database/transaction'
import { keysEnvironment } from '#server/platform/env/keys'
import { webEnvironment } from '#server/platform/env/web'
import { refuseDeepJson } from '#server/platform/http/json-depth'
import { logger } from '#server/platform/logging/logger'
import { enqueue } from '#server/platform/queue/queue'
import { NotificationError } from '../errors'
import { slackSigningSecret } from '../repository/secrets'
import { postToSlack } from './api'
import { isSignedBySlack } from './signature'

/** What we need of a block_actions payload (Slack: "Interaction payloads"); the rest is not kept. */
const pressSchema = z.object({
  type: z.literal('block_actions'),
  team: z.object({ id: z.string().max(40) }),
  user: z.object({ id: z.string().max(40), name: z.string().max(200).optional() }),
  response_url: z.string().max(500).optional(),
  actions: z
    .array(z.object({ action_id: z.string().max(255), value: z.string().max(2_000).optional() }))
    .min(1)
    .max(25),
})

const valueSchema = z.object({ i: z.uuid(), d: z.uuid(), o: z.string().min(1).max(60) })

const storedSchema = z.object({
  teamId: z.string(),
  slackUserId: z.string(),
  /** what they are called there */
  slackName: z.string().default(''),
  responseUrl: z.string().nullable(),
  decisionId: z.string(),
  option: z.string(),
})

export interface SignedRequest {
  body: Uint8Array
  timestamp: string | null
  signature: string | null
}

function refused(): NotificationError {
  return new NotificationError({
    code: 'slack-refused',
    kind: 'unauthenticated',
    message: 'This request was not signed by a Slack app that is connected here, or it is older than five minutes.',
  })
}

/**
 * Accepts a pressed button: checks the signature, keeps the press, and lets a job do the rest, because Slack waits three
 * seconds. What is not signed leaves no trace; the same request again is the same press.
 * @throws NotificationError slack-refused; AppError json-too-deep
 */
export async function acceptInteraction(request: SignedRequest, now: Date): Promise<void> {
  const press = readPress(request.body)
  if (!press) throw refused()
  const integrations = await database().slackIntegration.findMany({
    where: { slackTeamId: press.team.id, mode: 'bot' },
    take: 50,
  })
  // A workspace may have several apps here; the one whose secret fits has signed.
  const signer = integrations.filter((integration) => {
    const secret = slackSigningSecret(integration)
    return secret !== null && isSignedBySlack(secret, request, now)
  })
  if (signer.length === 0) throw refused()
  const value = valueSchema.safeParse(parseJson(press.actions[0]?.value ?? ''))
  // A link button only tells that it was pressed.
  if (!value.success) return
  const integration = signer.find((one) => one.id === value.data.i)
  if (!integration) throw refused()
  const payload: z.infer<typeof storedSchema> = {
    teamId: press.team.id,
    slackUserId: press.user.id,
    slackName: press.user.name ?? '',
    responseUrl: press.response_url ?? null,
    decisionId: value.data.d,
    option: value.data.o,
  }
  await transaction(async (tx) => {
    const [row] = await tx.slackInteraction.createManyAndReturn({
      data: [
        {
          organizationId: integration.organizationId,
          integrationId: integration.id,
          signature: request.signature as string,
          payload: cleanJson(payload) as Prisma.InputJsonValue,
        },
      ],
      skipDuplicates: true,
    })
    if (!row) return
    const { organizationId, id: interactionId } = row
    await enqueue(tx, [{ job: { name: 'answer-from-slack', organizationId, interactionId }, priority: 100 }])
  })
}

function readPress(body: Uint8Array): z.infer<typeof pressSchema> | null {
  const payload = new URLSearchParams(Buffer.from(body).toString('utf8')).get('payload') ?? ''
  // Anybody can send this: who it is from is only known once it was read.
  refuseDeepJson(Buffer.from(payload))
  return pressSchema.safeParse(parseJson(payload)).data ?? null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Job `answer-from-slack`: answers as the member the person in Slack is, or tells them alone why not. */
export async function answerFromSlack(interactionId: string): Promise<void> {
  const press = await database().slackInteraction.findUnique({ where: { id: interactionId } })
  if (press?.status !== 'waiting') return
  const outcome = await carryOut(press)
  await database().slackInteraction.update({ where: { id: press.id }, data: { status: 'done', outcome: outcome.note } })
  const { responseUrl } = storedSchema.parse(press.payload)
  if (!outcome.reply || !responseUrl) return
  // Seen by this person only; if it does not arrive, the message itself still tells how the decision stands.
  await postToSlack(responseUrl, { response_type: 'ephemeral', replace_original: false, text: outcome.reply }).catch(
    (error) => logger().warn({ err: error }, 'a reply in Slack did not arrive'),
  )
}

async function carryOut(press: SlackInteraction): Promise<{ note: string; reply: string | null }> {
  const { organizationId } = press
  const { teamId, slackUserId, slackName, decisionId, option } = storedSchema.parse(press.payload)
  const person = await database().slackPerson.findUnique({
    where: {
      organizationId_slackTeamId_slackUserId: { organizationId, slackTeamId: teamId, slackUserId },
    },
  })
  if (!person) return { note: 'unmapped', reply: howToLink(organizationId, { teamId, slackUserId, slackName }) }
  try {
    const scope = await personScope(person.userId, organizationId)
    authorize(scope, 'decision.answer')
    const answered = await answerDecision(scope, { decisionId, option, comment: '', via: 'slack' })
    return { note: `answered: ${answered.label}`, reply: null }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { note: error.code, reply: escapeForSlack(messageOf(error)) }
  }
}

const escapeForSlack = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const LINK_HOURS = 24

function sign(body: string): string {
  return createHmac('sha256', keysEnvironment().ORCHESTRATOR_KEY).update(`slack person ${body}`).digest('base64url')
}

/** Somebody in Slack, as a signed link names them. */
export interface SlackAccount {
  teamId: string
  slackUserId: string
  slackName: string
}

function howToLink(organizationId: string, { teamId, slackUserId, slackName }: SlackAccount): string {
  const until = Math.floor(Date.now() / 1000) + LINK_HOURS * 3600
  const claims = [organizationId, teamId, slackUserId, until, slackName]
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url')
  const url = `${webEnvironment().NEXTAUTH_URL.replace(/\/+$/, '')}/settings/notifications/slack?link=${body}.${sign(body)}`
  return `Orchestrator does not know yet who you are. Nothing was decided. <${url}|Link your Slack account to your membership>, then press the button again.`
}

const claimsSchema = z.tuple([z.uuid(), z.string(), z.string(), z.number(), z.string()])

/**
 * Whom in Slack a link was made for. Whoever opens it is shown who that is before they say that it is them: a link that
 * was made for somebody else would let that person answer in their name.
 * @throws NotificationError link-invalid
 */
export function slackAccountBehind(organizationId: string, token: string, now: Date): SlackAccount {
  const [body = '', signature = ''] = token.split('.', 2)
  const [given, wanted] = [Buffer.from(signature), Buffer.from(sign(body))]
  const genuine = given.length === wanted.length && timingSafeEqual(given, wanted)
  const claims = genuine ? claimsSchema.safeParse(parseJson(Buffer.from(body, 'base64url').toString())) : null
  const valid = claims?.success && claims.data[0] === organizationId && claims.data[3] > now.getTime() / 1000
  if (!claims?.success || !valid) {
    throw new NotificationError({
      code: 'link-invalid',
      kind: 'invalid',
      message:
        'This link is not valid any more, or belongs to another organization. Press the button in Slack again for a new one.',
    })
  }
  const [, teamId, slackUserId, , slackName] = claims.data
  return { teamId, slackUserId, slackName }
}
