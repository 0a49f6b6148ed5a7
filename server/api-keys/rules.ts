import type { Role } from '#server/auth/model'
import type { Action } from '#server/auth/rules/permissions'
import type { TokenScope } from './model'

const rank: Record<Role, number> = { viewer: 0, member: 1, admin: 2, owner: 3 }

/** The role a token acts in: what its scopes ask for, never more than its maker has today. */
export function roleOfToken(scopes: readonly TokenScope[], maker: Role): Role {
  const asked: Role = scopes.includes('admin')
    ? 'admin'
    : scopes.includes('write') || scopes.includes('decide')
      ? 'member'
      : 'viewer'
  return rank[asked] <= rank[maker] ? asked : maker
}

/** Work of members that is no administration. */
const written: ReadonlySet<Action> = new Set([
  'requirement.submit',
  'requirement.change',
  'requirement.cancel',
  'task.change',
  'signal.judge',
])

/** The scope an action needs, beside the role. */
export function scopeFor(action: Action): TokenScope {
  if (action.endsWith('.read')) return 'read'
  if (action.startsWith('decision.')) return 'decide'
  if (written.has(action)) return 'write'
  return 'admin'
}

export function tokenMay(scopes: readonly TokenScope[], action: Action): boolean {
  const needed = scopeFor(action)
  return scopes.includes('admin') || (needed === 'read' ? scopes.length > 0 : scopes.includes(needed))
}
