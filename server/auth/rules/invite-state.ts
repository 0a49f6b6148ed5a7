import type { InviteState, Role } from '../model'
import { mayGrant } from './permissions'

interface InviteDates {
  expiresAt: Date
  acceptedAt: Date | null
  revokedAt: Date | null
}

/**
 * What an invite is good for now.
 * @param inviter the role its maker has today, null when they are not a member any more
 */
export function inviteState(invite: InviteDates & { role: Role }, inviter: Role | null, now: Date): InviteState {
  if (invite.acceptedAt) return 'used'
  if (invite.revokedAt) return 'revoked'
  if (invite.expiresAt <= now) return 'expired'
  return inviter && mayGrant(inviter, invite.role) ? 'open' : 'unbacked'
}

/** Why an invite lets nobody in, and what to do, for the person who opened it. */
export const closedInvite: Record<Exclude<InviteState, 'open'>, string> = {
  used: 'This invite was used already; each one works once. If it was you, sign in. Otherwise ask for a new one.',
  expired: 'This invite is older than 7 days and has expired. Please ask for a new one.',
  revoked: 'This invite was withdrawn or replaced by a newer one. Please use the newest, or ask for a new one.',
  unbacked:
    'Whoever sent this invite may not invite people with this role any more. Please ask another owner or admin for a new one.',
  unknown: 'This invite link is not valid. Please check that it is complete, or ask for a new one.',
}
