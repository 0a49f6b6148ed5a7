import pg from 'pg'
import { databaseEnvironment } from '#server/platform/env/database'

/**
 * Holds a named lock in Postgres for as long as `work` takes, on a connection of its own: for minutes of work that no
 * transaction should span. A dead process loses its connection and with it the lock.
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseEnvironment().DATABASE_URL, application_name: 'lock' })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name])
    return await work()
  } finally {
    await client.end().catch(() => {})
  }
}
