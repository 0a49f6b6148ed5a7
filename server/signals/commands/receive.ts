import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { cleanText } from '#server/kernel/clean-text'
import { database } from '#server/platform/database/client'
import type { SignalSource } from '#server/platform/database/generated/client'
import { transaction } from '#server/platform/database/transaction'
import { refuseDeepJson } from '#server/platform/http/json-depth'
import { enqueue, queue } from '#server/platform/queue/queue'
import { SignalError } from '../errors'
import { LARGE_BODY, type SourceKind, sourceKindSchema } from '../model'
import type { Source } from '../ports'
import { sourceOf } from '../registry'
import { acceptPutAside, insertDelivery, putAside, storedAs } from '../repository/deliveries'
import { openSecret, sourceByKey } from '../repository/sources'

/** Minutes in which the same body without an id of its own may be the same delivery. */
const SAME_BODY_MINUTES = 10

const unknownAddress = () =>
  new SignalError({
    code: 'source-unknown',
    kind: 'not-found',
    message: 'Nothing is received at this address. It may be incomplete, or the source was rotated or disabled.',
  })

export interface OpenedSource {
  source: Source
  row: SignalSource
}

/**
 * The source an address belongs to. One look-up by a hash; a kind nobody has is refused before it.
 * @throws SignalError source-unknown
 */
export async function openSource(kind: string, key: string): Promise<OpenedSource> {
  const known = sourceKindSchema.safeParse(kind)
  const row = known.success ? await sourceByKey(known.data, key) : null
  if (!row) throw unknownAddress()
  return { source: sourceOf(row.kind as SourceKind), row }
}

/** @throws SignalError not-proven */
export async function proveSender(
  { source, row }: OpenedSource,
  request: { headers: Headers; bytes: Uint8Array },
): Promise<void> {
  if (await source.proves({ ...request, secret: openSecret(row) })) return
  throw new SignalError({
    code: 'not-proven',
    kind: 'unauthenticated',
    message:
      'The signature or secret is missing or wrong. Nothing was stored. The source’s settings page shows what to send.',
  })
}

export interface Received {
  /** our id of the delivery */
  id: string
  /** false when it had come in before */
  fresh: boolean
}

/**
 * Stores a proven delivery and wakes the worker; nothing is judged here, so that the sender gets its answer at once.
 * @param bytes the raw body, unpacked
 * @throws SignalError body-not-json; AppError json-too-deep
 */
export async function receiveDelivery(
  opened: OpenedSource,
  request: { headers: Headers; bytes: Uint8Array },
  now = new Date(),
): Promise<Received> {
  const { source, row } = opened
  const { headers, bytes } = request
  const large = bytes.byteLength > LARGE_BODY
  const { payload, body } = large && source.parsedLater ? unparsed(bytes) : parseBody(headers, bytes)
  const event = cleanText(source.eventOf(headers, body)).slice(0, 120)
  const { organizationId, projectId, id: sourceId } = row
  // Started before the first transaction: a burst must not hold every connection while the queue waits for one.
  await queue()
  const deliveryId = ownIdOf(source, headers, body) ?? (await bodyIdOf(sourceId, bytes, now))
  const delivery = {
    ...{ organizationId, projectId, sourceId, deliveryId, event, payload },
    ...{ bytes: bytes.byteLength, receivedAt: now },
  }
  if (large) await putAside(delivery)
  return transaction(
    async (tx) => {
      const id = (large ? null : await insertDelivery(tx, delivery)) ?? (await acceptPutAside(tx, delivery))
      if (!id) return { id: await storedAs(tx, delivery), fresh: false }
      await enqueue(tx, [{ job: { name: 'read-delivery', organizationId, projectId, inboundId: id } }])
      return { id, fresh: true }
    },
    { idempotent: true },
  )
}

interface Body {
  payload: Uint8Array<ArrayBuffer>
  body: unknown
}

/** Refuses what cannot be read later; the depth is counted before anything is parsed. */
function parseBody(headers: Headers, bytes: Uint8Array): Body {
  const text = jsonText(headers, bytes)
  const payload = Buffer.from(text)
  refuseDeepJson(payload)
  try {
    return { payload, body: JSON.parse(text) as unknown }
  } catch (cause) {
    throw notJson(cause)
  }
}

/** The same as far as one look at each byte tells: what else is wrong with it is found by whoever reads it. */
function unparsed(bytes: Uint8Array): Body {
  const whole = refuseDeepJson(bytes)
  if (!isUtf8(bytes)) throw notJson(new Error('it is not UTF-8'))
  const first = Buffer.from(bytes.subarray(0, 200)).toString().trimStart()[0]
  if (!whole || (first !== '{' && first !== '[')) throw notJson(new Error('it is cut off or no object'))
  return { payload: bytes as Uint8Array<ArrayBuffer>, body: null }
}

function jsonText(headers: Headers, bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const type = headers.get('content-type') ?? ''
    // Programs such as curl call every body a form; what begins like JSON is JSON, whatever "&payload=" it quotes.
    if (!type.includes('application/x-www-form-urlencoded') || /^\s*[{[]/.test(text)) return text
    // GitHub's second content type: the same JSON in a form field.
    return new URLSearchParams(text).get('payload') ?? text
  } catch (cause) {
    throw notJson(cause)
  }
}

function notJson(cause: unknown): SignalError {
  return new SignalError({
    code: 'body-not-json',
    kind: 'invalid',
    message: 'The body is not JSON in UTF-8. Nothing was stored.',
    cause,
  })
}

/** The sender's own id, or null. Two long ones that begin alike are two. */
function ownIdOf(source: Source, headers: Headers, body: unknown): string | null {
  const own = cleanText(source.deliveryId(headers, body) ?? '').trim()
  return own.length <= 200 ? own || null : `${own.slice(0, 100)}:${sha256(own)}`
}

/**
 * Without an id of the sender, the same body again within ten minutes is the same delivery, unless something else came
 * in between: "failed", "passed" and "failed" are three reports, and the same alert an hour later is news again.
 */
async function bodyIdOf(sourceId: string, bytes: Uint8Array, now: Date): Promise<string> {
  const body = `body:${sha256(bytes)}`
  const newest = await database().inboundDelivery.findFirst({
    where: { sourceId, receivedAt: { gt: new Date(now.getTime() - SAME_BODY_MINUTES * 60_000) } },
    orderBy: [{ receivedAt: 'desc' }, { id: 'desc' }],
    select: { id: true, deliveryId: true },
  })
  if (newest?.deliveryId.startsWith(body)) return newest.deliveryId
  const span = Math.floor(now.getTime() / (SAME_BODY_MINUTES * 60_000))
  return `${body}:${span}:${newest?.id ?? ''}`
}

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')
