import type { ConnectorName } from '#server/agents/model'

/** One request, as tests look back on it: was a stored turn paid for twice? */
export interface JournalEntry {
  /** ISO 8601 */
  at: string
  wire: ConnectorName
  model: string
  /** from the header `x-orchestrator-run` */
  runId: string | null
  /** hex SHA-256 of path and body: the same request has the same hash */
  requestHash: string
  purpose: string | null
  /** number of the answer in its conversation, from 1 */
  turn: number
  status: number
  fault: string | null
  /** How the answer ended; `open` while it is being sent. */
  ended: 'open' | 'complete' | 'broken' | 'client-gone'
}

const LIMIT = 10_000

/** Keeps the newest entries. */
export function remember(journal: JournalEntry[], entry: JournalEntry): void {
  journal.push(entry)
  if (journal.length > LIMIT) journal.splice(0, journal.length - LIMIT)
}
