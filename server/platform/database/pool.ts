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
  constructor(options?: pg.ClientConfig) {
    super(options)
    // Its queries tell whoever uses it, and the pool hears of it too; without a listener the process would end.
    this.on('error', () => {})
  }

  // pg has nine overloads; apart from the name what comes in goes out unchanged.
  override query(...all: never[]): never {
    const given = named(all)
    const last = given.at(-1) as unknown
    const send = super.query.bind(this) as (...all: unknown[]) => unknown
    if (typeof last === 'function') return this.#told(send, given.slice(0, -1), last as Told) as never
    if (isSubmittable(given[0])) return send(...given) as never
    const answer = new Promise((resolve, reject) => {
      this.#told(send, given, (error, result) => (error ? reject(error) : resolve(result)))
    })
    // A stack that leads to whoever asked, as pg itself makes it.
    return answer.catch((error: unknown) => {
      if (error instanceof Error) Error.captureStackTrace(error)
      throw error
    }) as never
  }

  /** By a callback, so that the pool knows of a connection's end before whoever uses it gives it back. */
  #told(send: (...all: unknown[]) => unknown, given: unknown[], tell: Told): unknown {
    return send(...given, (error: Error | undefined, result: unknown) => {
      if (error && ENDS_CONNECTION.has(error.message)) this.#close(error)
      tell(error, result)
    })
  }

  #close(error: Error): void {
    const { stream } = (this as unknown as { connection: { stream: { destroy: (error: Error) => void } } }).connection
    stream.destroy(error)
  }
}

type Told = (error: Error | undefined, result: unknown) => void

function isSubmittable(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'submit' in given
}

/** pg takes a text with values, or an object of both. */
function named(given: never[]): never[] {
  const [first, values, ...rest] = given as unknown[]
  if (typeof first === 'string' && Array.isArray(values)) {
    const name = names.of(first)
    return name === undefined ? given : ([{ name, text: first, values }, ...rest] as never[])
  }
  if (typeof first !== 'object' || first === null || !('text' in first) || isSubmittable(first)) return given
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
