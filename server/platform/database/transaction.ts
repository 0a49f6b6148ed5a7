import { AsyncLocalStorage } from 'node:async_hooks'
import { database } from './client'
import type { Prisma } from './generated/client'

export type Transaction = Prisma.TransactionClient

const current = new AsyncLocalStorage<Transaction>()

/**
 * Runs `work` in one Postgres transaction. Called inside another one it joins it, so a command of one room can call a
 * command of a more basic room and both commit or neither does.
 */
export async function transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
  const outer = current.getStore()
  if (outer) return work(outer)
  return database().$transaction((tx) => current.run(tx, () => work(tx)), { maxWait: 10_000, timeout: 30_000 })
}

/** The running transaction if there is one, else the plain client: for reads that may be part of a command. */
export function reader(): Transaction {
  return current.getStore() ?? database()
}
