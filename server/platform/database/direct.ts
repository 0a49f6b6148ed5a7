import pg from 'pg'
import { database } from './client'
import { Prisma } from './generated/client'
import { pool } from './pool'
import { connectionOf, type Transaction } from './transaction'

/** A bigint is read as Prisma's own raw queries read it, everything else as pg does. */
const types = {
  getTypeParser: (oid: number, format: 'text') =>
    oid === pg.types.builtins.INT8 ? BigInt : pg.types.getTypeParser(oid, format),
} as pg.CustomTypesConfig

type Value = Parameters<typeof Prisma.sql>[1]

export interface Direct {
  /** what the statement answers */
  rows<T>(text: TemplateStringsArray, ...values: Value[]): Promise<T[]>
  /** how many rows it changed */
  changed(text: TemplateStringsArray, ...values: Value[]): Promise<number>
  /** the same for a text whose parameters have numbers */
  rowsOf<T>(text: string, values: unknown[]): Promise<T[]>
}

/**
 * Sends statements on the transaction's own connection, or each as a transaction of its own, past Prisma's engine: that
 * costs this process three times as much as a statement itself. For what is sent with each task.
 *
 * Statements of one transaction that are called before the first has answered are carried out in the order of the calls,
 * all in one round trip; when one fails, those after it fail too.
 */
export function direct(tx: Transaction): Direct {
  return {
    async rows<T>(text: TemplateStringsArray, ...values: Value[]) {
      const query = Prisma.sql(text, ...values)
      const answer = await send(tx, query.text, query.values)
      return answer ? (answer.rows as T[]) : tx.$queryRaw<T[]>(query)
    },
    async changed(text, ...values) {
      const query = Prisma.sql(text, ...values)
      const answer = await send(tx, query.text, query.values)
      return answer ? (answer.rowCount ?? 0) : tx.$executeRaw(query)
    },
    async rowsOf<T>(text: string, values: unknown[]) {
      const answer = await send(tx, text, values)
      return answer ? (answer.rows as T[]) : tx.$queryRawUnsafe<T[]>(text, ...values)
    },
  }
}

/** Null when `tx` is a transaction that Prisma alone knows. */
async function send(tx: Transaction, text: string, values: unknown[]): Promise<pg.QueryResult | null> {
  const connection = connectionOf(tx)
  if (connection === null) throw new TransactionEnded()
  if (connection) return connection.query({ text, values, types })
  return tx === database() ? pool().query({ text, values, types }) : null
}

/** It took too long and was rolled back; by now others may be at work on its connection. */
class TransactionEnded extends Error {
  /** Prisma's own code for it. */
  readonly code = 'P2028'

  constructor() {
    super('the transaction has ended before its work')
    this.name = 'TransactionEnded'
  }
}
