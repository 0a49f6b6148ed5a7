import type { Transaction } from './transaction'

/** The database's time at this moment, not at the transaction's start: the one clock that all processes share. */
export async function databaseNow(tx: Transaction): Promise<Date> {
  const rows = await tx.$queryRaw<{ now: Date }[]>`select clock_timestamp() as now`
  const now = rows[0]?.now
  if (!now) throw new Error('the database did not tell the time')
  return now
}
