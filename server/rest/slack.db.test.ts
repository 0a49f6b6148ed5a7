import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemScope } from '#server/auth/gate'
import { answerDecision, raiseDecision } from '#server/decisions/commands'
import { connectSlack, linkSlackPerson, linkSlackSelf, removeSlack } from '#server/notifications/commands/slack'
import { deliver } from '#server/notifications/deliver'
import { notify } from '#server/notifications/handlers'
import { listSlack, slackBehindLink } from '#server/notifications/queries/settings'
import { answerFromSlack } from '#server/notifications/slack/interaction'
import { decidingButtons, startSlack } from '#server/notifications/testing'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { app } from './app'

const TOKEN = 'xoxb-test-token-1'
const SIGNING = 'signing-secret-of-the-test'
let slack: Awaited<ReturnType<typeof startSlack>>
let acme: TestOrganization
let bot: string

beforeAll(async () => {
  slack = await startSlack({ token: TOKEN, signingSecret: SIGNING })
  setEnvironmentVariable('SLACK_API_URL', slack.apiUrl)
  setEnvironmentVariable('EMAIL_SERVER', undefined)
  acme = await makeOrganization()
  bot = (await connectSlack(acme.people.admin.scope, botInput)).id
})
afterAll(async () => {
  await stopQueue()
  await slack.close()
})

const botInput = {
  mode: 'bot' as const,
  name: 'Team',
  topics: ['decision_needed' as const],
  botToken: TOKEN,
  signingSecret: SIGNING,
  slackChannel: 'C0123456789',
}
const signal = () => new AbortController().signal

let count = 0
async function raise(question = 'Is <this> & that safe?') {
  count += 1
  return raiseDecision(systemScope(acme.organizationId), {
    projectId: acme.projectId,
    kind: 'agent_question',
    question,
    why: 'x'.repeat(4_000),
    options: [
      { id: 'a', label: 'Yes', consequence: 'Goes on.', reversible: true },
      { id: 'b', label: 'No', consequence: 'Ends it.', reversible: false },
    ],
    recommended: 'a',
    recommendedWhy: '',
    dedupeKey: `slack ${count}`,
  })
}

async function work(): Promise<void> {
  const { organizationId } = acme
  for (const { sequence } of await database().event.findMany({
    where: { organizationId },
    orderBy: { sequence: 'asc' },
  })) {
    await notify({ organizationId, sequence: String(sequence) })
  }
  const due = await database().delivery.findMany({
    where: { organizationId, channel: 'slack', status: 'waiting' },
    orderBy: { createdAt: 'asc' },
  })
  await database().delivery.updateMany({ where: { status: 'waiting' }, data: { nextAttemptAt: new Date(0) } })
  for (const { id } of due) await deliver(id, () => new Date(), signal())
}

async function messageOf(decisionId: string) {
  const delivery = await database().delivery.findFirstOrThrow({
    where: { decisionId, channel: 'slack', kind: 'message' },
  })
  const message = slack.messages.get(delivery.externalId ?? '')
  if (!message) throw new Error('Slack has no such message')
  return message
}

interface Signed {
  body: Uint8Array
  timestamp: string
  signature: string
}

/** Over the wire, as Slack does it. */
function send({ body, timestamp, signature }: Signed) {
  return app.fetch(
    new Request('http://localhost:3000/api/slack/interactions', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': signature,
      },
      body: Buffer.from(body),
    }),
  )
}

async function carryOut(): Promise<void> {
  const waiting = await database().slackInteraction.findMany({ where: { status: 'waiting' } })
  for (const { id } of waiting) await answerFromSlack(id)
}

describe('a bot', () => {
  test('asks with buttons, escapes what is not ours, and shows the answer when it came from elsewhere', async () => {
    const { id } = await raise()
    await work()
    const before = await messageOf(id)
    expect(before.channel).toBe('C0123456789')
    expect(decidingButtons(before.body)).toHaveLength(2)
    expect(before.body.text).toBe('Is &lt;this&gt; &amp; that safe?')
    await answerDecision(acme.people.owner.scope, { decisionId: id, option: 'a', comment: '' })
    await work()
    const after = await messageOf(id)
    expect(decidingButtons(after.body)).toEqual([])
    expect(JSON.stringify(after.body)).toContain('A owner answered: Yes')
    expect(slack.messages.size).toBe(1)
  })

  test('a pressed button answers as the member who is linked, and nobody else', async () => {
    const { id } = await raise()
    await work()
    const [yes] = decidingButtons((await messageOf(id)).body)
    if (!yes) throw new Error('no button')
    expect((await send(slack.press(yes, 'U0000MIA'))).status).toBe(200)
    await carryOut()
    expect((await database().decision.findUniqueOrThrow({ where: { id } })).status).toBe('open')
    const told = slack.ephemeral.at(-1)
    expect(told).toMatchObject({ response_type: 'ephemeral', replace_original: false })
    const link = String(told?.text).match(/link=([^|>]+)/)?.[1] ?? ''
    // Who opens the link sees whose presses would count as theirs, before they say that it is them.
    expect(slackBehindLink(acme.people.member.scope, link, new Date())).toContain('U0000MIA')
    const later = new Date(Date.now() + 25 * 3600_000)
    expect(slackBehindLink(acme.people.member.scope, link, later)).toBeNull()
    const other = await makeOrganization('Other')
    expect(slackBehindLink(other.people.member.scope, link, new Date())).toBeNull()
    await linkSlackSelf(acme.people.member.scope, link, new Date())

    // At another second, because the same request again would be the same press.
    expect((await send(slack.press(yes, 'U0000MIA', new Date(Date.now() + 5_000)))).status).toBe(200)
    await carryOut()
    expect(await database().decision.findUniqueOrThrow({ where: { id } })).toMatchObject({
      status: 'answered',
      answer: 'a',
      answeredById: acme.people.member.userId,
      answeredVia: 'slack',
    })
    await work()
    expect(JSON.stringify((await messageOf(id)).body)).toContain('A member answered: Yes')
  })

  test('who is too late, or may not answer, is told so alone', async () => {
    const { id } = await raise()
    await work()
    const [, no] = decidingButtons((await messageOf(id)).body)
    if (!no) throw new Error('no button')
    const { viewer, owner } = acme.people
    await linkSlackPerson(acme.people.admin.scope, {
      integrationId: bot,
      userId: viewer.userId,
      slackUserId: 'U0VIEWER',
    })
    await linkSlackPerson(acme.people.admin.scope, {
      integrationId: bot,
      userId: owner.userId,
      slackUserId: 'U00OWNER',
    })
    await send(slack.press(no, 'U0VIEWER'))
    await carryOut()
    expect(slack.ephemeral.at(-1)?.text).toMatch(/needs the role member/)
    await answerDecision(acme.people.admin.scope, { decisionId: id, option: 'a', comment: '' })
    await send(slack.press(no, 'U00OWNER'))
    await carryOut()
    expect(slack.ephemeral.at(-1)?.text).toMatch(/A admin has already answered: Yes/)
  })

  test('JSON of a million levels is refused before it is parsed, signed or not', async () => {
    const body = Buffer.from(`payload=${'['.repeat(1_000_000)}`)
    const response = await send({ body, timestamp: String(Math.floor(Date.now() / 1000)), signature: 'v0=x' })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'json-too-deep' } })
  })

  test('forged, stale and foreign requests are refused without a trace; a replay is the same press', async () => {
    const { id } = await raise()
    await work()
    const [yes] = decidingButtons((await messageOf(id)).body)
    if (!yes) throw new Error('no button')
    const rows = () => database().slackInteraction.count()
    const before = await rows()
    const good = slack.press(yes, 'U0000MIA')
    const forged = { ...good, signature: `v0=${'0'.repeat(64)}` }
    const changed = { ...good, body: Buffer.from(good.body.toString().replace('U0000MIA', 'U0000BOB')) }
    const stale = slack.press(yes, 'U0000MIA', new Date(Date.now() - 301_000))
    const none = { ...good, signature: '', timestamp: '' }
    const nonsense = { ...good, body: Buffer.from('payload=%7B') }
    for (const request of [forged, changed, stale, none, nonsense]) expect((await send(request)).status).toBe(401)
    const other = { ...yes, value: yes.value.replace(bot, '00000000-0000-4000-8000-000000000000') }
    expect((await send(slack.press(other, 'U0000MIA'))).status).toBe(401)
    expect(await rows()).toBe(before)
    expect((await database().decision.findUniqueOrThrow({ where: { id } })).status).toBe('open')
    await Promise.all(Array.from({ length: 10 }, () => send(good)))
    expect(await rows()).toBe(before + 1)
    await carryOut()
  })

  test('waits as long as Slack asks, and posts once', async () => {
    await work()
    const { id } = await raise()
    slack.fail.push({ status: 429, retryAfter: '40' })
    await work()
    const delivery = await database().delivery.findFirstOrThrow({
      where: { decisionId: id, kind: 'message', channel: 'slack' },
    })
    expect(delivery).toMatchObject({ status: 'waiting', attempts: 1 })
    expect(delivery.nextAttemptAt.getTime() - Date.now()).toBeGreaterThan(38_000)
    await work()
    expect((await messageOf(id)).body.client_msg_id).toBe(delivery.id)
  })

  test('a secret never leaves: rows, answers and lists hold none of it', async () => {
    const everything = JSON.stringify([
      await listSlack(acme.people.owner.scope),
      await database().slackIntegration.findMany(),
      await database().delivery.findMany({ where: { organizationId: acme.organizationId } }),
      (await database().event.findMany({ where: { organizationId: acme.organizationId } })).map((row) => row.payload),
    ])
    expect(everything).not.toContain(TOKEN)
    expect(everything).not.toContain(SIGNING)
  })

  test('a token that Slack does not accept is not kept', async () => {
    const input = { ...botInput, botToken: 'xoxb-wrong-token' }
    await expect(connectSlack(acme.people.admin.scope, input)).rejects.toThrow(/invalid_auth/)
    expect(await listSlack(acme.people.owner.scope)).toHaveLength(1)
  })

  test('a token that stops working switches the connection off and tells who leads', async () => {
    await work()
    const { id } = await raise()
    slack.fail.push({ error: 'token_revoked' })
    await work()
    expect(await database().slackIntegration.findUniqueOrThrow({ where: { id: bot } })).toMatchObject({
      status: 'disabled',
      disabledReason: 'Slack refused: token_revoked.',
    })
    await work()
    const told = await database().notification.findMany({
      where: { organizationId: acme.organizationId, topic: 'signal' },
    })
    expect(told.map((row) => row.title)).toContain('Slack Team was switched off')
    expect((await database().decision.findUniqueOrThrow({ where: { id } })).status).toBe('open')
    await removeSlack(acme.people.admin.scope, bot)
  })
})

describe('an incoming webhook', () => {
  test('gets the question with a link, without buttons that could not work', async () => {
    const input = {
      mode: 'webhook' as const,
      name: 'News',
      topics: ['decision_needed' as const],
      webhookUrl: slack.webhookUrl,
    }
    await connectSlack(acme.people.admin.scope, input)
    const { id } = await raise('Go on?')
    await work()
    const message = slack.posted.at(-1)
    if (!message) throw new Error('nothing was posted')
    expect(message.text).toBe('Go on?')
    expect(decidingButtons(message)).toEqual([])
    expect(JSON.stringify(message)).toContain(`http://localhost:3000/decisions/${id}`)
  })

  test.each(['https://example.com/services/x', 'https://hooks.slack.com.evil.org/services/x', 'http://10.0.0.1/', 'x'])(
    '%s is no address of Slack',
    async (webhookUrl) => {
      const input = { mode: 'webhook' as const, name: 'News', topics: ['signal' as const], webhookUrl }
      await expect(connectSlack(acme.people.admin.scope, input)).rejects.toThrow(/not an incoming webhook/)
    },
  )
})
