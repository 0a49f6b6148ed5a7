import { Webhook } from 'standardwebhooks'
import { beginningOf, checkedRequest } from '#server/platform/http/checked-request'
import { literalKind, PrivateAddressError } from '#server/platform/http/private-address'
import { type Channel, type Outgoing, SendError, type Sent } from '../../ports'
import { judgeStatus, retryAfterSeconds } from '../../rules/retry'
import { judgeWebhookAddress } from '../../rules/webhook-address'

const WEBHOOK_LIMIT_MS = 10_000
/** Bytes of an answer that are read and kept. */
const MOST_ANSWER = 64 * 1024

/** Signed after Standard Webhooks 1.0; after a rotation with both secrets, so that receivers change when they can. */
function signedHeaders(id: string, at: Date, body: string, secrets: readonly string[]): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'Orchestrator-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  }
}

type WebhookAccess = Extract<Outgoing['access'], { kind: 'webhook' }>

async function post(outgoing: Outgoing, access: WebhookAccess, signal: AbortSignal): Promise<Sent> {
  const policy = { allowLoopback: access.allowLoopback, allowPrivate: false }
  const verdict = judgeWebhookAddress(outgoing.recipient, policy, literalKind)
  if (!verdict.ok) throw new SendError(verdict.message, { retryable: false })
  const response = await checkedRequest(
    new URL(verdict.url),
    {
      method: 'POST',
      headers: signedHeaders(outgoing.idempotencyKey, access.sentAt, access.body, access.secrets),
      body: access.body,
      signal,
    },
    policy,
  )
  const answer = await beginningOf(response, MOST_ANSWER)
  const facts = { answerStatus: response.status, answer }
  const judged = judgeStatus(response.status)
  if (judged === 'accepted') return { externalId: outgoing.idempotencyKey, rendered: null, ...facts }
  const wait = retryAfterSeconds(response.headers.get('retry-after'), new Date())
  const words =
    judged === 'refused'
      ? `The server answered ${response.status}, a redirect, which is not followed: it could lead anywhere.`
      : `The server answered ${response.status}.`
  throw new SendError(words, {
    retryable: judged !== 'gone',
    gone: judged === 'gone',
    retryAfterSeconds: wait,
    ...facts,
  })
}

/** Events for other programs. */
export const webhook: Channel = {
  name: 'webhook',
  label: 'Webhook',
  personal: false,
  byDefault: {},
  changes: false,
  limitMs: WEBHOOK_LIMIT_MS,
  ready: () => true,
  render: () => null,
  send: async (outgoing, signal) => {
    const { access } = outgoing
    if (access.kind !== 'webhook') throw new SendError('The endpoint is gone.', { retryable: false })
    const limit = AbortSignal.timeout(WEBHOOK_LIMIT_MS)
    try {
      return await post(outgoing, access, AbortSignal.any([limit, signal]))
    } catch (error) {
      throw toSendError(error, limit)
    }
  },
}

function toSendError(error: unknown, limit: AbortSignal): SendError {
  if (error instanceof SendError) return error
  if (limit.aborted) return new SendError('The server took longer than 10 seconds.', { retryable: true, cause: error })
  if (error instanceof PrivateAddressError) {
    return new SendError(`Not called: ${error.message}.`, { retryable: true, cause: error })
  }
  const text = error instanceof Error ? error.message : String(error)
  return new SendError(`The server could not be reached: ${text}`, { retryable: true, cause: error })
}
