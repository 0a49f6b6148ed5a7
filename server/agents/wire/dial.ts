import http from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import { AgentError } from '#server/agents/errors'
import { isLocalName, judgeProviderAddress } from '#server/agents/rules/provider-address'
import {
  type AddressPolicy,
  assertAllowedHost,
  checkedLookup,
  isAllowed,
  literalKind,
  PrivateAddressError,
} from '#server/platform/http/private-address'

/** What the SDKs need of `fetch`. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/**
 * Which addresses a call may reach. `as-saved`: public ones, and this machine when the URL says so literally
 * (127.0.0.1, localhost), which was decided when the URL was saved. A name that only resolves to this machine or into
 * a private network is refused: nobody decided that.
 */
export type DialPolicy = AddressPolicy | 'as-saved'

function policyFor(url: URL, policy: DialPolicy): AddressPolicy {
  if (policy !== 'as-saved') return policy
  const literalLoopback = isLocalName(url.hostname) || literalKind(url.hostname) === 'loopback'
  return { allowLoopback: literalLoopback, allowPrivate: false }
}

/**
 * A `fetch` for calls to a provider: it dials the very address it checked, follows no redirect (a redirect could lead
 * to an address nobody checked) and keeps no connection open between calls. It is built on node:http because the
 * `fetch` of Node offers no way to choose the address without a further package.
 */
export function dialFetch(dialPolicy: DialPolicy): Fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const policy = policyFor(url, dialPolicy)
    const literal = literalKind(url.hostname)
    if (literal !== null && !isAllowed(literal, policy)) {
      throw new PrivateAddressError(url.hostname, url.hostname, literal)
    }
    return send(url, init, policy)
  }
}

function send(url: URL, init: RequestInit, policy: AddressPolicy): Promise<Response> {
  const headers = Object.fromEntries(new Headers(init.headers).entries())
  // The answer is read as it comes; a compressed one would need a decoder that may hold events back.
  headers['accept-encoding'] = 'identity'
  const body = typeof init.body === 'string' ? init.body : undefined
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body))
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(
      url,
      {
        method: init.method ?? 'GET',
        headers,
        agent: false,
        lookup: checkedLookup(policy),
        signal: init.signal ?? undefined,
      },
      (answer) => resolve(toResponse(answer)),
    )
    request.on('error', reject)
    request.end(body)
  })
}

function toResponse(answer: http.IncomingMessage): Response {
  const headers = new Headers()
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one)
  }
  const status = answer.statusCode ?? 502
  const empty = status === 204 || status === 205 || status === 304
  return new Response(empty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>), { status, headers })
}

/**
 * Checks a base URL somebody wants to save: its form, and what its host leads to now. Every later call checks again.
 * @returns the URL to store
 * @throws AgentError `private-address` that says what is wrong with it
 */
export async function assertProviderAddress(text: string, policy: AddressPolicy): Promise<string> {
  const verdict = judgeProviderAddress(text, policy, literalKind)
  if (!verdict.ok) throw refusedAddress(verdict.message)
  try {
    await assertAllowedHost(new URL(verdict.url).hostname, policy)
  } catch (error) {
    if (error instanceof PrivateAddressError) {
      throw refusedAddress(
        `${error.message}. Use an address the public internet knows, or have local model servers allowed first.`,
        error,
      )
    }
    throw refusedAddress(`${new URL(verdict.url).hostname} was not found. Check the spelling of the address.`, error)
  }
  return verdict.url
}

function refusedAddress(message: string, cause?: unknown): AgentError {
  return new AgentError({ code: 'private-address', kind: 'invalid', message, cause })
}
