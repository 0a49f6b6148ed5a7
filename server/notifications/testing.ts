/** What tests of notifications talk to: a real SMTP server, a Slack that checks what it gets, a receiver of webhooks. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { signatureOf } from './slack/signature'

export interface ReceivedMail {
  from: string
  to: string[]
  raw: string
  at: number
}

/** The value of a header, unfolded. */
export function headerOf(mail: ReceivedMail, name: string): string | undefined {
  const head = mail.raw.slice(0, mail.raw.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ')
  return head.match(new RegExp(`^${name}: (.*)$`, 'im'))?.[1]
}

/** The text part, decoded. */
export function textOf(mail: ReceivedMail): string {
  const part = mail.raw.split(/\r\n--[^\r\n]+/).find((piece) => /content-type: text\/plain/i.test(piece)) ?? mail.raw
  const [head = '', ...rest] = part.trimStart().split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  if (/quoted-printable/i.test(head)) return decodeQuotedPrintable(body)
  return /base64/i.test(head) ? Buffer.from(body, 'base64').toString() : body
}

function decodeQuotedPrintable(text: string): string {
  const joined = text.replaceAll(/=\r?\n/g, '')
  const bytes = joined.replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** A real SMTP server on this machine. `refuse` makes it answer a recipient with an error. */
export async function startSmtp(refuse: (address: string) => { code: number; text: string } | null = () => null) {
  const mails: ReceivedMail[] = []
  let accepted: (mail: ReceivedMail) => void = () => {}
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo(address, _session, done) {
      const refusal = refuse(address.address)
      if (!refusal) return done()
      done(Object.assign(new Error(refusal.text), { responseCode: refusal.code }))
    },
    onData(stream, session, done) {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        const from = mailFrom ? mailFrom.address : ''
        const to = rcptTo.map((one) => one.address)
        const mail = { from, to, raw: Buffer.concat(pieces).toString(), at: Date.now() }
        mails.push(mail)
        accepted(mail)
        done()
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    /** Called with each message when it is taken, before the client hears of it. */
    onAccepted(react: (mail: ReceivedMail) => void) {
      accepted = react
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>) {
  const server: Server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

interface SlackCall {
  method: string
  body: Record<string, unknown>
}

/** Limits of Block Kit that Slack enforces; what breaks one is `invalid_blocks` there, and here. */
function blocksProblem(blocks: unknown): string | null {
  if (!Array.isArray(blocks) || blocks.length === 0 || blocks.length > 50) return 'blocks'
  for (const block of blocks as Record<string, unknown>[]) {
    const { type, text, elements, fields } = block as {
      type: string
      text?: { type: string; text: string }
      elements?: { type: string; text?: unknown; action_id?: string; value?: string }[]
      fields?: { text: string }[]
    }
    if (!['header', 'section', 'actions', 'context'].includes(type)) return `type ${type}`
    if (type === 'header' && (text?.type !== 'plain_text' || text.text.length > 150)) return 'header'
    if (type === 'section' && text && (text.text.length === 0 || text.text.length > 3_000)) return 'section'
    if (fields && (fields.length > 10 || fields.some((field) => field.text.length > 2_000))) return 'fields'
    if (type === 'actions') {
      const ids = elements?.map((element) => element.action_id) ?? []
      if (ids.length === 0 || ids.length > 25 || new Set(ids).size !== ids.length) return 'actions'
      if (elements?.some((element) => (element.value?.length ?? 0) > 2_000)) return 'value'
    }
  }
  return null
}

/**
 * A Slack that knows one bot and one incoming webhook: it checks the token, the shape of the blocks, and keys against
 * doubles, and remembers its messages. `fail` answers the next calls with something else.
 */
export async function startSlack(given: { token: string; signingSecret: string; teamId?: string }) {
  const calls: SlackCall[] = []
  const posted: Record<string, unknown>[] = []
  const ephemeral: Record<string, unknown>[] = []
  const messages = new Map<string, { channel: string; ts: string; body: Record<string, unknown> }>()
  const byKey = new Map<string, string>()
  const fail: { status?: number; retryAfter?: string; error?: string }[] = []
  const teamId = given.teamId ?? 'T0TEAM'
  let clock = 1_700_000_000

  const { url, close } = await listen(async (request, response) => {
    const body = JSON.parse((await bodyOf(request)) || '{}') as Record<string, unknown>
    const path = request.url ?? ''
    const json = (status: number, answer: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(answer))
    }
    const failure = fail.shift()
    if (failure?.status) {
      return json(failure.status, {}, failure.retryAfter ? { 'retry-after': failure.retryAfter } : {})
    }
    if (path.startsWith('/services/')) {
      const problem = blocksProblem(body.blocks)
      response.writeHead(problem ? 400 : 200)
      if (!problem) posted.push(body)
      return void response.end(problem ? `invalid_blocks: ${problem}` : 'ok')
    }
    if (path.startsWith('/respond/')) {
      ephemeral.push(body)
      return void response.writeHead(200).end('ok')
    }
    const method = path.replace('/api/', '')
    calls.push({ method, body })
    if (failure?.error) return json(200, { ok: false, error: failure.error })
    if (request.headers.authorization !== `Bearer ${given.token}`)
      return json(200, { ok: false, error: 'invalid_auth' })
    if (method === 'auth.test') return json(200, { ok: true, team_id: teamId, team: 'Acme', user_id: 'UBOT' })
    const problem = blocksProblem(body.blocks)
    if (problem) return json(200, { ok: false, error: 'invalid_blocks', detail: problem })
    if (method === 'chat.postMessage') {
      const key = String(body.client_msg_id)
      const ts = byKey.get(key) ?? `${++clock}.000100`
      byKey.set(key, ts)
      const channel = String(body.channel)
      if (!messages.has(`${channel}:${ts}`)) messages.set(`${channel}:${ts}`, { channel, ts, body })
      return json(200, { ok: true, channel, ts })
    }
    if (method === 'chat.update') {
      const message = messages.get(`${body.channel}:${body.ts}`)
      if (!message) return json(200, { ok: false, error: 'message_not_found' })
      message.body = body
      return json(200, { ok: true, channel: body.channel, ts: body.ts })
    }
    json(200, { ok: false, error: 'unknown_method' })
  })

  return {
    apiUrl: `${url}/api`,
    webhookUrl: `${url}/services/T0/B0/secret`,
    responseUrl: `${url}/respond/1`,
    teamId,
    calls,
    posted,
    ephemeral,
    messages,
    fail,
    close,
    /** The request Slack makes when somebody presses a button of a message. */
    press(button: { action_id: string; value?: string }, slackUserId: string, at = new Date()) {
      const payload = {
        type: 'block_actions',
        team: { id: teamId, domain: 'acme' },
        user: { id: slackUserId, username: 'somebody', name: 'somebody', team_id: teamId },
        api_app_id: 'A0',
        token: 'legacy',
        container: { type: 'message' },
        response_url: `${url}/respond/1`,
        actions: [{ type: 'button', block_id: 'b', action_ts: '1', ...button }],
      }
      const body = Buffer.from(`payload=${encodeURIComponent(JSON.stringify(payload))}`)
      const timestamp = String(Math.floor(at.getTime() / 1000))
      return { body, timestamp, signature: signatureOf(given.signingSecret, timestamp, body) }
    },
  }
}

/** The buttons of a message in Slack that decide something. */
export function decidingButtons(body: Record<string, unknown>): { action_id: string; value: string }[] {
  const blocks = body.blocks as { type: string; elements?: { action_id: string; value?: string }[] }[]
  return blocks
    .filter((block) => block.type === 'actions')
    .flatMap((block) => block.elements ?? [])
    .flatMap(({ action_id, value }) => (value ? [{ action_id, value }] : []))
}

export interface ReceivedHook {
  headers: Record<string, string>
  body: string
}

/** A receiver of webhooks. `answer` decides what it says; by default 200. */
export async function startReceiver(answer: (hook: ReceivedHook, response: ServerResponse) => void = okay) {
  const hooks: ReceivedHook[] = []
  const state = { answer }
  const { url, close } = await listen(async (request, response) => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const hook = { headers, body: await bodyOf(request) }
    hooks.push(hook)
    state.answer(hook, response)
  })
  return { url, hooks, state, close }
}

function okay(_hook: ReceivedHook, response: ServerResponse): void {
  response.writeHead(200).end('ok')
}
