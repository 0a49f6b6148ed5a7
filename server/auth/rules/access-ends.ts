import type { Actor } from '../model'

/** Events after which somebody may not go on listening, and what in each names who that is. */
const names: Readonly<Record<string, { kind: Actor['kind']; key: string }>> = {
  'member.removed': { kind: 'user', key: 'userId' },
  'member.signed-out-everywhere': { kind: 'user', key: 'userId' },
  'member.password-changed': { kind: 'user', key: 'userId' },
  'api-token.revoked': { kind: 'token', key: 'tokenId' },
}

export const accessEndingTypes = Object.keys(names)

/** Whether an event ends the access by which this person or program listens. */
export function endsAccess(event: { type: string; payload: unknown }, listener: Actor): boolean {
  const named = names[event.type]
  if (named?.kind !== listener.kind) return false
  return (event.payload as Record<string, unknown> | null)?.[named.key] === listener.id
}
