import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import type { ChannelName, Message } from './model'
import { type Access, type Outgoing, SendError } from './ports'
import { channels } from './registry'
import { headerOf, startReceiver, startSlack, startSmtp } from './testing'

let smtp: Awaited<ReturnType<typeof startSmtp>>
let slack: Awaited<ReturnType<typeof startSlack>>
let receiver: Awaited<ReturnType<typeof startReceiver>>
const SECRET = `whsec_${randomBytes(32).toString('base64')}`

beforeAll(async () => {
  smtp = await startSmtp()
  slack = await startSlack({ token: 'xoxb-contract', signingSecret: 'contract-signing-secret' })
  receiver = await startReceiver()
  setEnvironmentVariable('EMAIL_SERVER', smtp.url)
  setEnvironmentVariable('SLACK_API_URL', slack.apiUrl)
})
afterAll(async () => {
  await Promise.all([smtp.close(), slack.close(), receiver.close()])
})

const message: Message = {
  topic: 'decision_needed',
  urgency: 'now',
  title: 'Which <provider> & why?',
  body: 'Two fit.\nBoth are known.',
  facts: [['Project', 'Shop']],
  path: '/decisions/1',
  linkLabel: 'Decide',
  project: 'Shop',
  scripted: true,
  items: [],
  decision: {
    id: '00000000-0000-4000-8000-000000000001',
    kind: 'agent_question',
    question: 'Which <provider> & why?',
    why: 'Two fit.',
    options: [{ id: 'a', label: 'The first', consequence: 'Cheap.', reversible: true }],
    recommended: 'a',
    recommendedWhy: '',
    defaultOption: null,
    deadline: null,
  },
  outcome: null,
  thread: 'decision:1',
}

interface Wire {
  recipient: string
  access: () => Access
  /** every message as it arrived, in one text */
  arrived: () => string[]
  /** what tells two attempts at one message from two messages */
  keys: () => string[]
  /** makes the other side absent for the next message */
  nowhere?: () => Partial<Outgoing>
}

/** What each channel talks to in this test. A channel without an entry fails it. */
const wires: Record<ChannelName, Wire | 'in-house'> = {
  'in-app': 'in-house',
  email: {
    recipient: 'mia@example.org',
    access: () => ({ kind: 'none' }),
    arrived: () => smtp.mails.map((mail) => mail.raw),
    keys: () => smtp.mails.map((mail) => headerOf(mail, 'Message-ID') ?? ''),
  },
  slack: {
    recipient: 'C0123456789',
    access: () => ({ kind: 'slack-bot', token: 'xoxb-contract', integrationId: 'i' }),
    arrived: () => slack.calls.map((call) => JSON.stringify(call.body)),
    keys: () => slack.calls.map((call) => String(call.body.client_msg_id)),
    nowhere: () => {
      slack.fail.push({ status: 503 })
      return {}
    },
  },
  webhook: {
    recipient: '',
    access: () => ({
      kind: 'webhook',
      secrets: [SECRET],
      allowLoopback: true,
      body: JSON.stringify({ title: message.title }),
      sentAt: new Date(),
    }),
    arrived: () => receiver.hooks.map((hook) => hook.body),
    keys: () => receiver.hooks.map((hook) => hook.headers['webhook-id'] ?? ''),
    nowhere: () => ({ recipient: 'http://127.0.0.1:9/' }),
  },
}

function outgoingFor(name: ChannelName, wire: Wire, given: Partial<Outgoing> = {}): Outgoing {
  return {
    deliveryId: `00000000-0000-4000-8000-00000000000${channels.findIndex((channel) => channel.name === name)}`,
    kind: 'message',
    idempotencyKey: `key_${name}`,
    recipient: name === 'webhook' ? receiver.url : wire.recipient,
    baseUrl: 'https://orchestrator.example.com',
    message,
    replaces: null,
    personalLink: name === 'email' ? 'https://orchestrator.example.com/d/secret-of-mia' : null,
    unsubscribeLink: null,
    access: wire.access(),
    ...given,
  }
}

describe.each(channels.map((channel) => [channel.name, channel] as const))('%s', (name, channel) => {
  const wire = wires[name]
  const signal = () => new AbortController().signal

  test('says what it is and how long it may take', () => {
    expect(channel.label).toMatch(/^[A-Z]/)
    expect(channel.limitMs).toBeGreaterThan(0)
    expect(channel.limitMs).toBeLessThan(60_000) // a claim counts as lost after a minute
    expect(channel.ready()).toBe(true)
  })

  test.skipIf(wire === 'in-house')('delivers, and an attempt once more carries the same key', async () => {
    const { arrived, keys } = wire as Wire
    const outgoing = outgoingFor(name, wire as Wire)
    const first = await channel.send(outgoing, signal())
    const again = await channel.send(outgoing, signal())
    expect(arrived()).toHaveLength(2)
    expect(new Set(keys()).size).toBe(1)
    expect(first.externalId).toBe(again.externalId)
    expect(first.externalId).not.toBeNull()
  })

  test.skipIf(wire === 'in-house')('what is shown to people afterwards holds no secret', async () => {
    const outgoing = outgoingFor(name, wire as Wire)
    const { rendered } = await channel.send(outgoing, signal())
    const shown = JSON.stringify([rendered, channel.render(outgoing)])
    for (const secret of ['secret-of-mia', 'xoxb-contract', SECRET]) expect(shown).not.toContain(secret)
  })

  test.skipIf(wire === 'in-house')('text that is not ours never becomes markup', async () => {
    await channel.send(outgoingFor(name, wire as Wire), signal())
    if (name === 'webhook') return // events are JSON
    expect((wire as Wire).arrived().join('')).not.toMatch(
      /<h1[^>]*>[^<]*<provider>|"\*?Which <provider>[^"]*","type":"mrkdwn"/,
    )
  })

  const nowhere = wire === 'in-house' ? undefined : wire.nowhere
  test.skipIf(!nowhere)('a server that is not there now may come back', async () => {
    const sending = channel.send(outgoingFor(name, wire as Wire, nowhere?.()), signal())
    const error = await sending.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SendError)
    expect(error).toMatchObject({ retryable: true, gone: false })
  })
})

test('what the scripted provider made is marked in every channel for people', () => {
  for (const channel of channels.filter((one) => one.personal && one.name !== 'in-app')) {
    const wire = wires[channel.name]
    if (wire === 'in-house') continue
    expect(JSON.stringify(channel.render(outgoingFor(channel.name, wire)))).toMatch(/scripted/)
  }
})
