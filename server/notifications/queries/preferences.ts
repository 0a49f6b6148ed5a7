import type { Scope } from '#server/auth/model'
import { reader } from '#server/platform/database/transaction'
import { matrixSchema, type Wishes, wishesSchema } from '../model'

export const defaultWishes: Wishes = {
  matrix: {},
  quietHours: null,
  timeZone: 'UTC',
  digest: 'none',
  digestAt: '08:00',
}

/** A row's wishes; what an older version stored and this one does not know is left out. */
function toWishes(row: Record<string, unknown>): Wishes {
  const parsed = wishesSchema.safeParse(row)
  if (parsed.success) return parsed.data
  return { ...defaultWishes, matrix: matrixSchema.catch({}).parse(row.matrix) }
}

/** What several people wish: in one project and for all. Who has said nothing is missing. */
export async function wishesOf(
  scope: Scope,
  userIds: readonly string[],
  projectId: string | null,
): Promise<Map<string, { project: Wishes | null; all: Wishes | null }>> {
  const rows = await reader().notificationPreference.findMany({
    where: {
      organizationId: scope.organizationId,
      userId: { in: [...userIds] },
      place: { in: ['all', ...(projectId ? [projectId] : [])] },
    },
  })
  const found = new Map<string, { project: Wishes | null; all: Wishes | null }>()
  for (const row of rows) {
    const entry = found.get(row.userId) ?? { project: null, all: null }
    if (row.place === 'all') entry.all = toWishes(row)
    else entry.project = toWishes(row)
    found.set(row.userId, entry)
  }
  return found
}

export interface OwnWishes {
  place: string
  wishes: Wishes
}

/** The caller's own wishes: for all, and the projects that have some of their own. */
export async function ownWishes(scope: Scope): Promise<OwnWishes[]> {
  if (scope.actor.kind !== 'user' || !scope.actor.id) return []
  const rows = await reader().notificationPreference.findMany({
    where: { organizationId: scope.organizationId, userId: scope.actor.id },
    orderBy: { place: 'asc' },
  })
  return rows.map((row) => ({ place: row.place, wishes: toWishes(row) }))
}
