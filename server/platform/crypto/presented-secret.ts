import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** Whether two secrets are the same; takes the same time wherever they differ, and an empty one is never right. */
export function sameSecret(given: string | null, expected: string): boolean {
  if (!given || !expected) return false
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

/**
 * The secret a request carries: `Authorization: Bearer …`, the password of `Authorization: Basic …` (tools that only
 * take an address send it so), or `X-Orchestrator-Token`.
 */
export function presentedSecret(headers: Headers): string | null {
  const authorization = headers.get('authorization') ?? ''
  const scheme = authorization.split(' ', 1)[0] ?? ''
  const value = authorization.slice(scheme.length).trim()
  if (scheme.toLowerCase() === 'bearer') return value || null
  if (scheme.toLowerCase() === 'basic') {
    const pair = Buffer.from(value, 'base64').toString()
    const colon = pair.indexOf(':')
    return colon < 0 ? null : pair.slice(colon + 1) || null
  }
  return headers.get('x-orchestrator-token')
}

/** HMAC-SHA256 over the raw bytes, in hex. */
export function hmacHex(secret: string, bytes: Uint8Array): string {
  return createHmac('sha256', secret).update(bytes).digest('hex')
}
