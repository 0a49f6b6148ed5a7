import type { Transaction } from '#server/platform/database/transaction'

export function insertOwner(tx: Transaction, given: { email: string; name: string; passwordHash: string }) {
  return tx.user.create({ data: given })
}

export function insertOrganization(tx: Transaction, given: { name: string; slug: string; ownerId: string }) {
  const { name, slug, ownerId } = given
  return tx.organization.create({ data: { name, slug, members: { create: { userId: ownerId, role: 'owner' } } } })
}
