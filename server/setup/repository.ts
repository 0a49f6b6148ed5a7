import type { Transaction } from '#server/platform/database/transaction'

export function insertOwner(tx: Transaction, given: { email: string; name: string; passwordHash: string }) {
  return tx.user.create({ data: given })
}

export function insertOrganization(tx: Transaction, given: { name: string; slug: string; ownerId?: string }) {
  const { name, slug, ownerId } = given
  const members = ownerId ? { create: { userId: ownerId, role: 'owner' } } : undefined
  return tx.organization.create({ data: { name, slug, members } })
}

/** An organization that nobody belongs to: only the demo makes one. */
export function findOwnerless(tx: Transaction) {
  return tx.organization.findFirst({ where: { members: { none: {} } }, orderBy: { createdAt: 'asc' } })
}

/** Gives an organization its first owner and the name that the owner chose. */
export function adopt(tx: Transaction, id: string, given: { name: string; ownerId: string }) {
  return tx.organization.update({
    where: { id },
    data: { name: given.name, members: { create: { userId: given.ownerId, role: 'owner' } } },
  })
}

/** The first project that was made in this installation. */
export function firstProject(tx: Transaction) {
  return tx.project.findFirst({ orderBy: { createdAt: 'asc' } })
}
