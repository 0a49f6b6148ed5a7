import http from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import { type AddressPolicy, checkedLookup, isAllowed, literalKind, PrivateAddressError } from './private-address'

/**
 * One HTTP request to an address that somebody typed: it dials the very address it checked, at the literal and after
 * the lookup, follows no redirect (a redirect could lead to an address nobody checked) and keeps no connection open.
 * It is built on node:http because the `fetch` of Node offers no way to choose the address without a further package.
 * @throws PrivateAddressError
 */
export async function checkedRequest(url: URL, init: RequestInit, policy: AddressPolicy): Promise<Response> {
  const literal = literalKind(url.hostname)
  if (literal !== null && !isAllowed(literal, policy)) {
    throw new PrivateAddressError(url.hostname, url.hostname, literal)
  }
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
 * The beginning of an answer's body as text; what is longer is not read, and the connection is closed.
 * @param most bytes
 */
export async function beginningOf(response: Response, most: number): Promise<string> {
  const reader = response.body?.getReader()
  if (!reader) return ''
  const pieces: Uint8Array[] = []
  let size = 0
  try {
    while (size < most) {
      const { done, value } = await reader.read()
      if (done) break
      pieces.push(value)
      size += value.byteLength
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
  return new TextDecoder().decode(Buffer.concat(pieces).subarray(0, most))
}
