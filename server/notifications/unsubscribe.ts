import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { transaction } from '#server/platform/database/transaction'
import { keysEnvironment } from '#server/platform/env/keys'
import { NotificationError } from './errors'
import { matrixSchema, topicNames } from './model'

const claims = z.tuple([z.uuid(), z.uuid()])

/** Keyed by the installation's key, which every process has and no table holds. */
function signatureOf(body: string): string {
  return createHmac('sha256', keysEnvironment().ORCHESTRATOR_KEY).update(`unsubscribe ${body}`).digest('base64url')
}

/** Where one person ends the digests of one organization: it needs no sign-in, and can do nothing else. */
export function unsubscribePath(organizationId: string, userId: string): string {
  const body = Buffer.from(JSON.stringify([organizationId, userId])).toString('base64url')
  return `/api/unsubscribe/${body}.${signatureOf(body)}`
}

/** @throws NotificationError link-invalid */
function read(token: string): { organizationId: string; userId: string } {
  const [body = '', signature = ''] = token.split('.', 2)
  const [given, wanted] = [Buffer.from(signature), Buffer.from(signatureOf(body))]
  const genuine = given.length === wanted.length && timingSafeEqual(given, wanted)
  const parsed = genuine ? claims.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString())) : null
  if (!parsed?.success) {
    throw new NotificationError({
      code: 'link-invalid',
      kind: 'not-found',
      message: 'This link is not valid. Copy it whole, or change it under Settings → Notifications.',
    })
  }
  return { organizationId: parsed.data[0], userId: parsed.data[1] }
}

/** Ends every e-mail of this organization to a person; everything stays in their inbox, where they can undo it. */
export async function unsubscribe(token: string): Promise<void> {
  const { organizationId, userId } = read(token)
  await transaction(async (tx) => {
    const rows = await tx.notificationPreference.findMany({ where: { organizationId, userId } })
    const places = new Set(['all', ...rows.map((row) => row.place)])
    for (const place of places) {
      const stored = matrixSchema.catch({}).parse(rows.find((row) => row.place === place)?.matrix)
      const matrix = Object.fromEntries(topicNames.map((topic) => [topic, { ...stored[topic], email: 'never' }]))
      await tx.notificationPreference.upsert({
        where: { organizationId_userId_place: { organizationId, userId, place } },
        create: { organizationId, userId, place, matrix },
        update: { matrix, digest: 'none', updatedAt: new Date() },
      })
    }
    await tx.delivery.updateMany({
      where: { organizationId, userId, channel: 'email', status: { in: ['held', 'waiting'] } },
      data: { status: 'skipped', reason: 'E-mail was ended by the link in a digest.' },
    })
  })
}
