import { database } from '#server/platform/database/client'
import { AuthError } from './errors'
import { type Actor, type Role, roleSchema, type Scope } from './model'
import { type Action, isAllowed, roleFor } from './rules/permissions'

function mint(organizationId: string, actor: Actor, role: Role): Scope {
  return { organizationId, actor, role } as Scope
}

/**
 * The scope of a signed-in person in one organization.
 * @throws AuthError not-a-member, told like "not found" so that foreign organizations stay invisible
 */
export async function personScope(userId: string, organizationId: string): Promise<Scope> {
  const member = await database().member.findUnique({
    where: { organizationId_userId: { organizationId, userId } },
    select: { role: true, user: { select: { name: true, email: true } } },
  })
  if (!member) {
    throw new AuthError({ code: 'not-a-member', kind: 'not-found', message: 'There is no such organization for you.' })
  }
  const name = member.user.name ?? member.user.email
  return mint(organizationId, { kind: 'user', id: userId, name }, roleSchema.parse(member.role))
}

/** The scope of an API token, already authenticated by api-keys/authenticate.ts. */
export function tokenScope(organizationId: string, token: { id: string; name: string }, role: Role): Scope {
  return mint(organizationId, { kind: 'token', id: token.id, name: token.name }, role)
}

/** The scope of the worker, which acts for the organization a job belongs to. */
export function systemScope(organizationId: string, actor?: Actor): Scope {
  return mint(organizationId, actor ?? { kind: 'system', id: null, name: 'Orchestrator' }, 'owner')
}

/** @throws AuthError role-too-low, naming the role that is needed */
export function authorize(scope: Scope, action: Action): void {
  if (isAllowed(scope.role, action)) return
  throw new AuthError({
    code: 'role-too-low',
    kind: 'forbidden',
    message: `This needs the role ${roleFor(action)}; yours is ${scope.role}. An owner or admin can change it under Settings → Members.`,
    details: { action, needed: roleFor(action), role: scope.role },
  })
}
