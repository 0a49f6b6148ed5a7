import type { Scope } from '#server/auth/model'
import { reader } from '#server/platform/database/transaction'
import { type Item, type Topic, topicSchema, type Urgency, urgencySchema } from '../model'
import { itemsSchema } from '../repository/inbox'

export interface NotificationView {
  id: string
  topic: Topic
  urgency: Urgency
  title: string
  body: string
  path: string
  count: number
  items: Item[]
  settled: boolean
  outcome: string
  readAt: Date | null
  createdAt: Date
  updatedAt: Date
  projectName: string | null
  scripted: boolean
}

const PAGE = 50

export type InboxFilter = 'all' | 'unread'

/** The caller's own notifications, the newest first. @param before only those older than this */
export async function inbox(
  scope: Scope,
  { filter, before }: { filter: InboxFilter; before?: Date | undefined },
): Promise<{ notifications: NotificationView[]; more: boolean }> {
  if (scope.actor.kind !== 'user' || !scope.actor.id) return { notifications: [], more: false }
  const { organizationId } = scope
  const rows = await reader().notification.findMany({
    where: {
      organizationId,
      userId: scope.actor.id,
      ...(filter === 'unread' ? { readAt: null } : {}),
      ...(before ? { updatedAt: { lt: before } } : {}),
    },
    orderBy: [{ updatedAt: 'desc' }, { id: 'desc' }],
    take: PAGE + 1,
  })
  const projects = await reader().project.findMany({
    where: { organizationId, id: { in: rows.flatMap((row) => row.projectId ?? []) } },
    select: { id: true, name: true, providerMode: true },
  })
  const notifications = rows.slice(0, PAGE).map((row) => {
    const project = projects.find((one) => one.id === row.projectId)
    return {
      id: row.id,
      topic: topicSchema.parse(row.topic),
      urgency: urgencySchema.parse(row.urgency),
      title: row.title,
      body: row.body,
      path: row.path,
      count: row.count,
      items: itemsSchema.parse(row.items),
      settled: row.status === 'settled',
      outcome: row.outcome,
      readAt: row.readAt,
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
      projectName: project?.name ?? null,
      scripted: project?.providerMode === 'scripted',
    }
  })
  return { notifications, more: rows.length > PAGE }
}

/** How many the caller has not read, for the bell. */
export function countUnread(scope: Scope): Promise<number> {
  if (scope.actor.kind !== 'user' || !scope.actor.id) return Promise.resolve(0)
  return reader().notification.count({
    where: { organizationId: scope.organizationId, userId: scope.actor.id, readAt: null },
  })
}
