import type { Role } from '../model'

/** Everything a person or a token can do, and the lowest role that may. What is not listed is denied. */
const lowestRole = {
  'project.read': 'viewer',
  'project.create': 'admin',
  'project.change': 'admin',
  'requirement.read': 'viewer',
  'requirement.submit': 'member',
  'requirement.change': 'member',
  'requirement.cancel': 'member',
  'task.read': 'viewer',
  'task.change': 'member',
  'decision.read': 'viewer',
  'decision.answer': 'member',
  'decision.delegate': 'member',
  'decision.withdraw': 'member',
  'precedent.read': 'viewer',
  'precedent.change': 'admin',
  'event.read': 'viewer',
  'signal.read': 'viewer',
  'signal.judge': 'member',
  'signal.configure': 'admin',
  'agent.read': 'viewer',
  'agent.change': 'admin',
  'credential.read': 'viewer',
  'credential.change': 'admin',
  'api-token.read': 'admin',
  'api-token.change': 'admin',
  'member.read': 'viewer',
  'member.change': 'admin',
  'budget.read': 'viewer',
  'budget.change': 'admin',
  'notification.read': 'viewer',
  'notification.change': 'viewer',
  'integration.read': 'viewer',
  'integration.change': 'admin',
  'mailbox.read': 'admin',
  'metrics.read': 'viewer',
} as const satisfies Record<string, Role>

export type Action = keyof typeof lowestRole
export const actions = Object.keys(lowestRole) as Action[]

const rank: Record<Role, number> = { viewer: 0, member: 1, admin: 2, owner: 3 }

/** The lowest role that may do it: named to people who may not. */
export function roleFor(action: Action): Role {
  return lowestRole[action]
}

/** Nobody gives a role above their own, or takes one away from somebody above them. So only owners make owners. */
export function mayGrant(granter: Role, role: Role): boolean {
  return isAllowed(granter, 'member.change') && rank[granter] >= rank[role]
}

export function isAllowed(role: Role, action: Action): boolean {
  return rank[role] >= rank[lowestRole[action]]
}
