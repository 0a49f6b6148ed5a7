import { AsyncLocalStorage } from 'node:async_hooks'
import { backoff } from '#server/kernel/backoff'
import { logger } from '#server/platform/logging/logger'
import { database } from './client'
import { type Held, holding } from './connection'
import { databaseFailure, surelyNotCommitted } from './failures'
import type { Prisma } from './generated/client'
import { pool } from './pool'

export type Transaction = Prisma.TransactionClient

/** What a transaction collects while it runs and writes right before it commits. */
export interface LastWrite {
  write(tx: Transaction): Promise<void>
}

interface Running {
  tx: Transaction
  held: Held
  last: Map<string, LastWrite>
  /** sent and not waited for yet */
  sent: Promise<unknown>[]
}

const current = new AsyncLocalStorage<Running>()

/** Milliseconds: a transaction may wait for a connection and last this long. */
const MAX_WAIT_MS = 10_000
const LIMIT_MS = 30_000
/** Tries of a transaction whose connection broke or that lost to another one; together they outlast a quick restart. */
const TRIES = 7
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000

/**
 * Runs `work` in one Postgres transaction. Called inside another one it joins it, so a command of one room can call a
 * command of a more basic room and both commit or neither does.
 *
 * When the connection broke, or Postgres chose this transaction as the loser of a conflict, the whole of `work` runs
 * again, as long as nothing can have been committed; so it must not do anything but read and write rows.
 * @param options.idempotent also after a COMMIT of which nobody knows whether it arrived
 */
export async function transaction<T>(
  work: (tx: Transaction) => Promise<T>,
  options: { idempotent?: boolean } = {},
): Promise<T> {
  const outer = current.getStore()
  if (outer) return work(outer.tx)
  return repeated(
    (progress) => once(work, progress),
    (error, { committing }) => !committing || options.idempotent === true || surelyNotCommitted(error),
  )
}

/**
 * Sends one statement that is a transaction of its own, with the same tries; or inside the running transaction. Of a
 * broken connection nobody knows whether it was carried out, so carrying it out twice must be harmless.
 */
export function statement<T>(send: (tx: Transaction, joined: boolean) => Promise<T>): Promise<T> {
  const outer = current.getStore()
  if (outer) return send(outer.tx, true)
  return repeated(
    () => send(database(), false),
    () => true,
  )
}

/**
 * Sends one statement past Prisma, which copies what it is given several times: for parameters of megabytes. It is a
 * transaction of its own, with the same tries, so carrying it out twice must be harmless; not for use inside another.
 */
export async function sendLarge(text: string, values: unknown[]): Promise<void> {
  await repeated(
    () => pool().query(text, values),
    () => true,
  )
}

interface Progress {
  committing: boolean
}

/** Tries again while the failure is the database's and `safe` says so. */
async function repeated<T>(
  attempted: (progress: Progress) => Promise<T>,
  safe: (error: unknown, progress: Progress) => boolean,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const progress = { committing: false }
    try {
      return await attempted(progress)
    } catch (error) {
      if (attempt >= TRIES || !safe(error, progress) || databaseFailure(error) !== 'again') throw error
      logger().info({ err: error, attempt }, 'a transaction was rolled back by the database and runs again')
      const pause = backoff(attempt - 1, FIRST_PAUSE_MS, LONGEST_PAUSE_MS, 0.5 + Math.random() / 2)
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

function once<T>(work: (tx: Transaction) => Promise<T>, progress: Progress): Promise<T> {
  const held: Held = { connection: undefined }
  const whole = async (tx: Transaction): Promise<T> => {
    const running: Running = { tx, held, last: new Map(), sent: [] }
    return current.run(running, async () => {
      const result = await written(work, running)
      progress.committing = true
      return result
    })
  }
  return holding(held, () => database().$transaction(whole, { maxWait: MAX_WAIT_MS, timeout: LIMIT_MS }))
}

async function written<T>(work: (tx: Transaction) => Promise<T>, { tx, last, sent }: Running): Promise<T> {
  try {
    const result = await work(tx)
    for (const write of last.values()) await write.write(tx)
    return result
  } finally {
    // Also after a failure: what was sent before and failed is the reason why everything after it did.
    await Promise.all(sent)
  }
}

/**
 * Does not wait for a statement whose answer nobody needs: its connection carries it out before everything that is sent
 * later, and the transaction waits for it before it commits.
 */
export async function send(tx: Transaction, write: Promise<unknown>): Promise<void> {
  const running = current.getStore()
  if (running?.tx !== tx) return void (await write)
  write.catch(() => {}) // the end of the transaction tells
  running.sent.push(write)
}

/** The connection of a running transaction of this module; undefined when `tx` is none, null when it has ended. */
export function connectionOf(tx: Transaction): Held['connection'] {
  const running = current.getStore()
  return running?.tx === tx ? running.held.connection : undefined
}

/** The running transaction if there is one, else the plain client: for reads that may be part of a command. */
export function reader(): Transaction {
  return current.getStore()?.tx ?? database()
}

/**
 * The collection named `key` of the running transaction, made on first use and written right before the commit; null
 * when `tx` is not a transaction of this module, and everything has to be written at once.
 */
export function lastWriteOf<T extends LastWrite>(tx: Transaction, key: string, make: () => T): T | null {
  const running = current.getStore()
  if (running?.tx !== tx) return null
  const present = running.last.get(key) as T | undefined
  if (present) return present
  const made = make()
  running.last.set(key, made)
  return made
}
