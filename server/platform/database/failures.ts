import { AppError } from '#server/kernel/app-error'

/** What a failure of the database means for whoever asked. */
export type DatabaseFailure =
  /** the transaction was rolled back, or never began: the same again may well succeed */
  | 'again'
  /** nothing came of it, and trying at once would only add to the load: no free connection, a statement too slow */
  | 'overloaded'

const AGAIN_STATES = new Set([
  '40001', // serialization failure
  '40P01', // deadlock
  '57P01', // terminated by an administrator
  '57P02', // the server crashed
  '57P03', // it is starting or stopping
  '25P03', // terminated for idling in a transaction
])
/** 57014: its statement timeout; 53300: too many connections; 55P03: a lock it did not wait for */
const OVERLOADED_STATES = new Set(['57014', '53300', '53200', '55P03'])
const AGAIN_CODES = new Set(['P1001', 'P1017', 'P2034', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])
const AGAIN_KINDS = new Set(['ConnectionClosed', 'DatabaseNotReachable', 'SocketTimeout', 'TransactionWriteConflict'])
const AGAIN_MESSAGES =
  /connection error and is not queryable|Client was closed|terminated unexpectedly|read timeout|cached plan must not change/i
const OVERLOADED_MESSAGES = /timeout exceeded when trying to connect|terminated due to connection timeout/i
const OVERLOADED_CODES = new Set(['P2024', 'P2028'])

/** One error and those it was made of, as far as they tell something. */
function* chain(error: unknown): Generator<Record<string, unknown>> {
  let inner: unknown = error
  for (let depth = 0; depth < 6 && typeof inner === 'object' && inner !== null; depth += 1) {
    const facts = inner as Record<string, unknown>
    yield facts
    const meta = facts.meta as Record<string, unknown> | undefined
    inner = meta?.driverAdapterError ?? facts.cause
  }
}

/** Says what went wrong with the database, or null when something else did. */
export function databaseFailure(error: unknown): DatabaseFailure | null {
  for (const { code, originalCode, kind, message } of chain(error)) {
    for (const state of [originalCode, code]) {
      if (typeof state !== 'string') continue
      if (OVERLOADED_STATES.has(state) || OVERLOADED_CODES.has(state)) return 'overloaded'
      if (AGAIN_STATES.has(state) || AGAIN_CODES.has(state) || state.startsWith('08')) return 'again'
    }
    if (kind === 'TooManyConnections') return 'overloaded'
    if (typeof kind === 'string' && AGAIN_KINDS.has(kind)) return 'again'
    if (typeof message !== 'string') continue
    if (OVERLOADED_MESSAGES.test(message)) return 'overloaded'
    if (AGAIN_MESSAGES.test(message)) return 'again'
  }
  return null
}

/**
 * True when a failed COMMIT has certainly not committed: Postgres refused it, or it was never sent. A connection that
 * broke on the way leaves that unknown.
 */
export function surelyNotCommitted(error: unknown): boolean {
  for (const { code, originalCode, kind, message } of chain(error)) {
    if ([originalCode, code].some((state) => state === '40001' || state === '40P01' || state === 'P2034')) return true
    if (kind === 'TransactionWriteConflict') return true
    if (typeof message === 'string' && /is not queryable/.test(message)) return true
  }
  return false
}

/** A text with NUL in it: Postgres takes it nowhere, neither in a row nor to look for one. */
const UNSTORABLE_STATES = new Set<unknown>(['22021', '22P05'])

function isUnstorable(error: unknown): boolean {
  for (const { code, originalCode } of chain(error)) {
    if (UNSTORABLE_STATES.has(originalCode) || UNSTORABLE_STATES.has(code)) return true
  }
  return false
}

/** Seconds that callers are told to wait. */
const RETRY_AFTER_SECONDS = 2

/** The same for people and programs, or null when the database is not to blame. */
export function databaseTrouble(error: unknown): AppError | null {
  if (isUnstorable(error)) {
    return new AppError({
      code: 'text-not-storable',
      kind: 'invalid',
      message: 'A text holds a character that no text has (NUL). Nothing was changed; please remove it.',
      cause: error,
    })
  }
  const failure = databaseFailure(error)
  if (!failure) return null
  return new AppError({
    code: failure === 'overloaded' ? 'database-busy' : 'database-unreachable',
    kind: 'unavailable',
    message:
      failure === 'overloaded'
        ? 'The database has more to do than it can at the moment, so this could not be done. Everything stored is safe, running work goes on; please try again in a few seconds.'
        : 'The database could not be reached, so this could not be confirmed. Everything stored is safe and work goes on when it is back; please look whether it was done, then try again.',
    retryable: true,
    details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
    cause: error,
  })
}
