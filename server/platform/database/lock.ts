import pg from 'pg'
import { databaseEnvironment } from '#server/platform/env/database'

/** Milliseconds to wait for somebody who is about to let go. */
const LONGEST_WAIT_MS = 500
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * Holds a named lock in Postgres for as long as `work` takes, on a connection of its own: for minutes of work that no
 * transaction should span. A dead process loses its connection and with it the lock. Nobody stands in line for long: a
 * worker's slot is worth more than its place.
 * @returns null when somebody else holds it and goes on holding it; then nothing was done
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<{ done: T } | null> {
  const client = new pg.Client({ connectionString: databaseEnvironment().DATABASE_URL, application_name: 'lock' })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(`set lock_timeout = ${LONGEST_WAIT_MS}`)
    const taken = await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name]).catch(orNull)
    return taken && { done: await work() }
  } finally {
    await client.end().catch(() => {})
  }
}

function orNull(error: unknown): null {
  if (error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE) return null
  throw error
}
