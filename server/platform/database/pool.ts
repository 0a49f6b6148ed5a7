import pg from 'pg'
import { databaseEnvironment } from '#server/platform/env/database'
import { logger } from '#server/platform/logging/logger'
import { StatementNames } from './statement-names'

const slot = globalThis as { orchestratorPool?: pg.Pool }

/**
 * A connection is thrown away when the server did not answer a query in time: the answer may still come, and would be
 * taken for that of the next query; a frozen backend would be waited for again and again. And when a migration changed
 * what a statement that it keeps answers.
 */
const ENDS_CONNECTION = new Set(['Query read timeout', 'cached plan must not change result type'])

const names = new StatementNames()

/** Names what is sent often, and closes itself when it is of no use any more. */
class GuardedClient extends pg.Client {
  // pg has nine overloads; apart from the name what comes in goes out unchanged.
  override query(...all: never[]): never {
    const given = named(all)
    const last = given.at(-1) as unknown
    if (typeof last === 'function') {
      const told = (error: Error | undefined, result: unknown) => {
        this.#look(error)
        last(error, result)
      }
      return (super.query as (...all: unknown[]) => never)(...given.slice(0, -1), told)
    }
    const answer = (super.query as (...all: unknown[]) => unknown)(...given)
    if (answer instanceof Promise) answer.catch((error: unknown) => this.#look(error))
    return answer as never
  }

  #look(error: unknown): void {
    if (!(error instanceof Error) || !ENDS_CONNECTION.has(error.message)) return
    const { stream } = (this as unknown as { connection: { stream: { destroy: (error: Error) => void } } }).connection
    stream.destroy(error)
  }
}

/** pg takes a text with values, or an object of both. */
function named(given: never[]): never[] {
  const [first, values, ...rest] = given as unknown[]
  if (typeof first === 'string' && Array.isArray(values)) {
    const name = names.of(first)
    return name === undefined ? given : ([{ name, text: first, values }, ...rest] as never[])
  }
  if (typeof first !== 'object' || first === null || !('text' in first) || 'submit' in first) return given
  const { name = names.of(String(first.text)), ...query } = first as { name?: string; text: string }
  return name === undefined ? given : ([{ ...query, name }, ...given.slice(1)] as never[])
}

/** Options of every connection of this process, pooled or not: times are milliseconds. */
export function connectionOptions(): pg.ClientConfig {
  const { DATABASE_URL, DATABASE_TIMEOUT_SECONDS } = databaseEnvironment()
  return {
    connectionString: DATABASE_URL,
    keepAlive: true,
    // In this order, so that each layer gives up after the one below it, which knows more about why.
    statement_timeout: DATABASE_TIMEOUT_SECONDS * 1000,
    query_timeout: DATABASE_TIMEOUT_SECONDS * 1200,
    // A process that was frozen in a transaction must not keep its locks.
    idle_in_transaction_session_timeout: DATABASE_TIMEOUT_SECONDS * 1000,
    connectionTimeoutMillis: Math.min(5_000, DATABASE_TIMEOUT_SECONDS * 500),
  }
}

/** The process's one pool, for Prisma and the job queue alike; made on first use. */
export function pool(): pg.Pool {
  if (!slot.orchestratorPool) {
    const made = new pg.Pool({
      ...connectionOptions(),
      max: databaseEnvironment().DATABASE_POOL_SIZE,
      application_name: 'orchestrator',
      // What is sent on a connection before the answer to what went before goes out at once: one round trip for several.
      pipeline: true,
      Client: GuardedClient as unknown as typeof pg.Client,
    })
    // An idle connection that breaks (a restart of Postgres) is replaced; without a listener it would end the process.
    made.on('error', (error) => logger().warn({ err: error }, 'a database connection was lost and is replaced'))
    slot.orchestratorPool = made
  }
  return slot.orchestratorPool
}

/** Closes the pool; the next `pool()` opens a new one. */
export async function closePool(): Promise<void> {
  const made = slot.orchestratorPool
  slot.orchestratorPool = undefined
  await made?.end()
}
