import { reader } from '#server/platform/database/transaction'
import { authEnvironment } from '#server/platform/env/auth'
import { type Role, roleSchema, type Scope } from './model'

/** An organization as one of its members sees it in the switcher. */
export interface Membership {
  organizationId: string
  name: string
  slug: string
  role: Role
}

/** The caller's own organizations, oldest membership first. */
export async function membershipsOf(userId: string): Promise<Membership[]> {
  const rows = await reader().member.findMany({
    where: { userId },
    orderBy: { createdAt: 'asc' },
    select: { organizationId: true, role: true, organization: { select: { name: true, slug: true } } },
  })
  return rows.map(({ organizationId, role, organization }) => ({
    organizationId,
    role: roleSchema.parse(role),
    ...organization,
  }))
}

export interface MemberView {
  userId: string
  name: string | null
  email: string
  role: Role
  since: Date
}

/** Everybody in the organization, oldest membership first. */
export async function listMembers(scope: Scope): Promise<MemberView[]> {
  const rows = await reader().member.findMany({
    where: { organizationId: scope.organizationId },
    orderBy: { createdAt: 'asc' },
    select: { userId: true, role: true, createdAt: true, user: { select: { name: true, email: true } } },
  })
  return rows.map(({ userId, role, createdAt, user }) => ({
    userId,
    role: roleSchema.parse(role),
    since: createdAt,
    ...user,
  }))
}

export async function isMember(scope: Scope, userId: string): Promise<boolean> {
  return (await reader().member.count({ where: { organizationId: scope.organizationId, userId } })) > 0
}

export interface OpenInvite {
  id: string
  email: string
  role: Role
  invitedBy: string
  createdAt: Date
  expiresAt: Date
}

/** Invites nobody has accepted or revoked, newest first; expired ones too, so that people see what became of them. */
export async function listInvites(scope: Scope): Promise<OpenInvite[]> {
  const rows = await reader().invite.findMany({
    where: { organizationId: scope.organizationId, acceptedAt: null, revokedAt: null },
    orderBy: { createdAt: 'desc' },
    select: {
      id: true,
      email: true,
      role: true,
      createdAt: true,
      expiresAt: true,
      invitedBy: { select: { name: true, email: true } },
    },
  })
  return rows.map(({ role, invitedBy, ...row }) => ({
    ...row,
    role: roleSchema.parse(role),
    invitedBy: invitedBy.name ?? invitedBy.email,
  }))
}

/** Which ways in exist besides the password, for the sign-in page. */
export function signInWays(): { email: boolean; github: boolean; oidc: boolean } {
  const set = authEnvironment()
  return {
    email: Boolean(set.EMAIL_SERVER),
    github: Boolean(set.GITHUB_ID && set.GITHUB_SECRET),
    oidc: Boolean(set.OIDC_ISSUER && set.OIDC_ID && set.OIDC_SECRET),
  }
}
