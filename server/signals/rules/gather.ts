import type { Urgency } from '../model'

/** Two of the same: within the organization the fingerprint is unique. */
export function fingerprintOf(projectId: string, subject: string): string {
  return `${projectId}:${subject.toLowerCase().replace(/\s+/g, ' ').trim()}`
}

/** What an agent reports has no name of its own: kind and words are it, whatever their case, spacing and numbers. */
export function subjectOfReport(kind: string, title: string): string {
  return `${kind}:${title.replace(/\d+/g, '#')}`
}

/** Minutes in which signals of one group count as one burst. */
export const BURST_MINUTES = 10
/** Signals of one source in a minute from which on the rest is one burst, whatever they are about. */
const BURST_SIGNALS = 30

export interface RecentSignal {
  id: string
  title: string
  groupKey: string
  sourceId: string | null
  leaderId: string | null
  /** milliseconds */
  at: number
  urgency: Urgency
}

/**
 * The signal that speaks for a new one: the first of its group in the last minutes, or of a source that suddenly tells
 * very much. Null when the new one speaks for itself. `recent` is oldest first.
 */
export function leaderOf(
  candidate: { groupKey: string; sourceId: string | null; urgency: Urgency },
  recent: readonly RecentSignal[],
  now: number,
): RecentSignal | null {
  const young = recent.filter((signal) => signal.leaderId === null && now - signal.at <= BURST_MINUTES * 60_000)
  const own = young.find((signal) => candidate.groupKey !== '' && signal.groupKey === candidate.groupKey)
  // What is urgent never hides behind something that can wait and merely came first.
  if (own && rank[candidate.urgency] <= rank[own.urgency]) return own
  if (candidate.sourceId === null) return null
  const flood = recent.filter((signal) => signal.sourceId === candidate.sourceId && now - signal.at <= 60_000)
  if (flood.length < BURST_SIGNALS) return null
  const speaker = flood.find((signal) => signal.leaderId === null && rank[candidate.urgency] <= rank[signal.urgency])
  return speaker ?? null
}

const rank: Readonly<Record<Urgency, number>> = { now: 2, today: 1, whenever: 0 }
