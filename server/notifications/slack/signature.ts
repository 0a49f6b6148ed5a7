import { createHmac, timingSafeEqual } from 'node:crypto'

/** Seconds a signed request is good for, in both directions (Slack: "Verifying requests"). */
const WINDOW_SECONDS = 300

/**
 * Whether Slack signed these very bytes a moment ago: v0 = HMAC-SHA256 over `v0:<timestamp>:<body>`.
 * @param body as it arrived, before anything has read it
 */
export function isSignedBySlack(
  secret: string,
  given: { timestamp: string | null; signature: string | null; body: Uint8Array },
  now: Date,
): boolean {
  const { timestamp, signature, body } = given
  if (!timestamp || !signature || !/^\d{1,12}$/.test(timestamp)) return false
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > WINDOW_SECONDS) return false
  const wanted = signatureOf(secret, timestamp, body)
  const [left, right] = [Buffer.from(signature), Buffer.from(wanted)]
  return left.length === right.length && timingSafeEqual(left, right)
}

export function signatureOf(secret: string, timestamp: string, body: Uint8Array): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`
}
