import http from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import {
  type AddressPolicy,
  checkedLookup,
  isAllowed,
  literalKind,
  PrivateAddressError,
} from '#server/platform/http/private-address'
import { isLocalName } from '#server/secrets/rules/provider-address'

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
