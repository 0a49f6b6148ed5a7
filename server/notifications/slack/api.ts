import { z } from 'zod'
import { slackEnvironment } from '#server/platform/env/slack'
import { beginningOf, checkedRequest } from '#server/platform/http/checked-request'
import { literalKind } from '#server/platform/http/private-address'
import { SendError } from '../ports'
import { retryAfterSeconds } from '../rules/retry'

export const SLACK_LIMIT_MS = 10_000
const MOST_ANSWER = 64 * 1024

/** The operator may name another address of Slack, also on this machine; nobody else can. */
function policy() {
  const { hostname } = new URL(slackEnvironment().SLACK_API_URL)
  return { allowLoopback: literalKind(hostname) === 'loopback' || hostname === 'localhost', allowPrivate: false }
}

/** Incoming webhooks and response addresses live on hooks.slack.com, or beside the address the operator named. */
export function isSlackAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const own = new URL(slackEnvironment().SLACK_API_URL)
  if (url.username || url.password) return false
  if (url.protocol === own.protocol && url.host === own.host) return true
  return url.protocol === 'https:' && /^hooks\.slack(?:-gov)?\.com$/.test(url.hostname) && url.port === ''
}

/** @throws SendError */
async function post(url: string, headers: Record<string, string>, body: unknown, signal?: AbortSignal) {
  const limit = AbortSignal.timeout(SLACK_LIMIT_MS)
  try {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      body: JSON.stringify(body),
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
    }
    const response = await checkedRequest(new URL(url), init, policy())
    return { response, text: await beginningOf(response, MOST_ANSWER) }
  } catch (error) {
    throw new SendError('Slack could not be reached.', { retryable: true, cause: error })
  }
}

function throwIfRefused(response: Response): void {
  if (response.status === 429) {
    const seconds = retryAfterSeconds(response.headers.get('retry-after'), new Date())
    throw new SendError('Slack asked to wait.', { retryable: true, retryAfterSeconds: seconds ?? 30 })
  }
  if (response.status >= 500) throw new SendError(`Slack answered ${response.status}.`, { retryable: true })
}

const answerSchema = z.looseObject({ ok: z.boolean(), error: z.string().optional() })

/** Errors that pass by themselves (Web API reference); with every other one the same call fails again. */
const passing = [
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
]
/** Errors that end an integration: its token is worth nothing any more. */
const ending = ['invalid_auth', 'account_inactive', 'token_revoked', 'token_expired', 'not_authed']

/**
 * One call of the Web API.
 * @throws SendError; `gone` when the token no longer works
 */
export async function callSlack(
  method: string,
  token: string,
  body: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<Record<string, unknown>> {
  const url = `${slackEnvironment().SLACK_API_URL}/${method}`
  const { response, text } = await post(url, { authorization: `Bearer ${token}` }, body, signal)
  throwIfRefused(response)
  const answer = answerSchema.safeParse(parseJson(text))
  if (!answer.success) throw new SendError('Slack’s answer could not be read.', { retryable: true })
  if (answer.data.ok) return answer.data
  const code = answer.data.error ?? 'unknown'
  throw new SendError(`Slack refused: ${code}.`, { retryable: passing.includes(code), gone: ending.includes(code) })
}

/** A message to an incoming webhook or a response address. @throws SendError */
export async function postToSlack(url: string, body: Record<string, unknown>, signal?: AbortSignal): Promise<void> {
  if (!isSlackAddress(url)) throw new SendError('This is not an address of Slack.', { retryable: false })
  const { response, text } = await post(url, {}, body, signal)
  throwIfRefused(response)
  if (response.ok) return
  const gone = response.status === 410 || response.status === 404 || /no_service|no_team|invalid_token/.test(text)
  throw new SendError(`Slack answered ${response.status}: ${text.slice(0, 200)}`, { retryable: false, gone })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
