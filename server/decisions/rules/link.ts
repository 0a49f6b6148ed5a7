/** How a link looks to whoever holds it. */
export type LinkState =
  | 'open'
  /** the decision was answered, by this link or otherwise: the page shows what and by whom */
  | 'answered'
  | 'decision-expired'
  | 'withdrawn'
  /** the question was put anew since */
  | 'outdated'
  | 'expired'
  | 'revoked'
  /** the person it was made for is no member any more, or may not answer any more */
  | 'powerless'

export interface LinkFacts {
  version: number
  expiresAt: Date
  revokedAt: Date | null
  /** whether the person it was made for may answer this decision today */
  mayAnswer: boolean
  decision: { status: string; version: number }
}

/** An ended decision is shown as it ended even by an old link; whether an open one may be answered is asked after that. */
export function linkState(link: LinkFacts, now: Date): LinkState {
  if (link.revokedAt) return 'revoked'
  if (!link.mayAnswer) return 'powerless'
  if (link.expiresAt <= now) return 'expired'
  const { status } = link.decision
  if (status === 'answered') return 'answered'
  if (status === 'withdrawn') return 'withdrawn'
  if (status === 'expired') return 'decision-expired'
  return link.decision.version === link.version ? 'open' : 'outdated'
}

/** Who looks, as seen from the person a link was made for. */
export type Viewer = 'nobody' | 'owner' | 'somebody-else'

/**
 * Why the holder may not send this answer by the link, or null. A person who is signed in as somebody else never
 * answers for its owner; what can't be undone needs the owner signed in, because links get forwarded.
 */
export function linkRefusal(viewer: Viewer, reversible: boolean | null): 'link-for-another' | 'sign-in-first' | null {
  if (viewer === 'somebody-else') return 'link-for-another'
  return viewer === 'nobody' && reversible === false ? 'sign-in-first' : null
}
