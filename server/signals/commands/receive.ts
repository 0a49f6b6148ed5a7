import { createHash } from 'node:crypto'
import { cleanText } from '#server/kernel/clean-text'
import type { SignalSource } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { refuseDeepJson } from '#server/platform/http/json-depth'
import { enqueue, queue } from '#server/platform/queue/queue'
import { SignalError } from '../errors'
import { type SourceKind, sourceKindSchema } from '../model'
import type { Source } from '../ports'
import { sourceOf } from '../registry'
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
  const { text, body } = parseBody(request.headers, request.bytes)
  const event = cleanText(source.eventOf(request.headers, body)).slice(0, 120)
  const own = ownIdOf(source, request.headers, body)
  const { organizationId, projectId, id: sourceId } = row
  // Started before the first transaction: a burst must not hold every connection while the queue waits for one.
  await queue()
  return transaction(
    async (tx) => {
      const deliveryId = own ?? (await bodyIdOf(tx, sourceId, request.bytes, now))
      const [stored] = await tx.inboundDelivery.createManyAndReturn({
        data: [
          {
            organizationId,
            projectId,
            sourceId,
            deliveryId,
            event,
            payload: Buffer.from(text),
            bytes: request.bytes.byteLength,
            receivedAt: now,
          },
        ],
        skipDuplicates: true,
        select: { id: true },
      })
      if (!stored) {
        const earlier = await tx.inboundDelivery.findUniqueOrThrow({
          where: { sourceId_deliveryId: { sourceId, deliveryId } },
          select: { id: true },
        })
        return { id: earlier.id, fresh: false }
      }
      await enqueue(tx, [{ job: { name: 'read-delivery', organizationId, projectId, inboundId: stored.id } }])
      return { id: stored.id, fresh: true }
    },
    { idempotent: true },
  )
}

/** Refuses what cannot be read later; the depth is counted before anything is parsed. */
function parseBody(headers: Headers, bytes: Uint8Array): { text: string; body: unknown } {
  const text = jsonText(headers, bytes)
  refuseDeepJson(Buffer.from(text))
  try {
    return { text, body: JSON.parse(text) as unknown }
  } catch (cause) {
    throw notJson(cause)
  }
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
async function bodyIdOf(tx: Transaction, sourceId: string, bytes: Uint8Array, now: Date): Promise<string> {
  const body = `body:${sha256(bytes)}`
  const newest = await tx.inboundDelivery.findFirst({
    where: { sourceId, receivedAt: { gt: new Date(now.getTime() - SAME_BODY_MINUTES * 60_000) } },
    orderBy: [{ receivedAt: 'desc' }, { id: 'desc' }],
    select: { id: true, deliveryId: true },
  })
  if (newest?.deliveryId.startsWith(body)) return newest.deliveryId
  const span = Math.floor(now.getTime() / (SAME_BODY_MINUTES * 60_000))
  return `${body}:${span}:${newest?.id ?? ''}`
}

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')
