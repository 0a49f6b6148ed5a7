import type { Scope } from '#server/auth/model'
import { reader } from '#server/platform/database/transaction'
import { NotificationError } from '../errors'
import type { SaveWishes } from '../model'
import { storeWishes } from '../repository/preferences'

/** Inboxes belong to people: a token has none. */
function ownerOf(scope: Scope): { organizationId: string; userId: string } {
  if (scope.actor.kind === 'user' && scope.actor.id) {
    return { organizationId: scope.organizationId, userId: scope.actor.id }
  }
  throw new NotificationError({
    code: 'notification-not-found',
    kind: 'not-found',
    message: 'Notifications belong to people; a token has none.',
  })
}

/** Marks some of the caller's notifications as read, or all of them. @returns how many were unread */
export async function markRead(scope: Scope, ids: readonly string[] | 'all', now: Date): Promise<number> {
  const which = ids === 'all' ? {} : { id: { in: [...ids] } }
  const { count } = await reader().notification.updateMany({
    where: { ...ownerOf(scope), ...which, readAt: null },
    data: { readAt: now },
  })
  return count
}

export async function markUnread(scope: Scope, notificationId: string): Promise<number> {
  const { count } = await reader().notification.updateMany({
    where: { ...ownerOf(scope), id: notificationId },
    data: { readAt: null },
  })
  return count
}

/** Keeps what the caller wants to be told, for all or for one project. @throws NotificationError for a foreign project */
export async function saveWishes(scope: Scope, input: SaveWishes, now: Date): Promise<void> {
  const owner = ownerOf(scope)
  if (input.place !== 'all') await assertProject(scope, input.place)
  const { place, ...wishes } = input
  await storeWishes({ ...owner, place }, wishes, now)
}

/** Gives a project up as a place of its own: the wishes for all hold there again. */
export async function forgetWishes(scope: Scope, place: string): Promise<void> {
  await reader().notificationPreference.deleteMany({ where: { ...ownerOf(scope), place } })
}

async function assertProject(scope: Scope, projectId: string): Promise<void> {
  const found = await reader().project.count({ where: { id: projectId, organizationId: scope.organizationId } })
  if (found > 0) return
  throw new NotificationError({
    code: 'notification-not-found',
    kind: 'not-found',
    message: 'There is no such project.',
  })
}
