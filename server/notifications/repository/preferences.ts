import { Prisma } from '#server/platform/database/generated/client'
import { reader } from '#server/platform/database/transaction'
import type { Wishes } from '../model'

/** Writes a person's wishes for one place, whatever was there. */
export async function storeWishes(
  key: { organizationId: string; userId: string; place: string },
  { quietHours, ...rest }: Wishes,
  now: Date,
): Promise<void> {
  const data = { ...rest, quietHours: quietHours ?? Prisma.DbNull, updatedAt: now }
  await reader().notificationPreference.upsert({
    where: { organizationId_userId_place: key },
    create: { ...key, ...data },
    update: data,
  })
}
