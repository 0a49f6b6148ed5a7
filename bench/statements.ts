import { database } from '#server/platform/database/client'

export interface Statement {
  calls: number
  /** milliseconds that Postgres spent in it, all calls together */
  ms: number
  rows: number
  query: string
}

/** Begins counting anew. */
export async function resetStatements(): Promise<void> {
  await database().$executeRawUnsafe('select pg_stat_statements_reset()')
}

/** What was executed since, the costliest first. */
export async function readStatements(): Promise<Statement[]> {
  const rows = await database().$queryRawUnsafe<{ calls: number; ms: number; rows: number; query: string }[]>(
    `select calls::float8 as calls, total_exec_time as ms, rows::float8 as rows, query from pg_stat_statements
     where query not like '%pg_stat_statements%' order by total_exec_time desc`,
  )
  return rows.map((row) => ({ ...row, query: row.query.replaceAll(/\s+/g, ' ').slice(0, 160) }))
}

export function totals(statements: readonly Statement[]): { calls: number; ms: number } {
  return {
    calls: statements.reduce((sum, { calls }) => sum + calls, 0),
    ms: statements.reduce((sum, { ms }) => sum + ms, 0),
  }
}
