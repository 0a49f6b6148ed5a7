/** A statement as the totals need it. */
export interface Counted {
  kind: string
  outcome: string
}

/** How many of the sentences that ask for something are proven, asked about, not built, still open. */
export interface StatementTotals {
  /** Statements that ask for something: background prose (`context`) is not counted. */
  counted: number
  proven: number
  asked: number
  notBuilt: number
  open: number
  context: number
}

export function statementTotals(statements: Iterable<Counted>): StatementTotals {
  const totals: StatementTotals = { counted: 0, proven: 0, asked: 0, notBuilt: 0, open: 0, context: 0 }
  for (const statement of statements) {
    if (statement.kind === 'context') {
      totals.context += 1
      continue
    }
    totals.counted += 1
    if (statement.outcome === 'proven') totals.proven += 1
    else if (statement.outcome === 'asked') totals.asked += 1
    else if (statement.outcome === 'not_built') totals.notBuilt += 1
    else totals.open += 1
  }
  return totals
}

/** "7 of 9 proven · 1 asked · 1 not built", naming only what exists. */
export function totalsInWords(totals: StatementTotals): string {
  if (totals.counted === 0) return 'No statement asks for something that can be built.'
  const parts = [`${totals.proven} of ${totals.counted} proven`]
  if (totals.asked > 0) parts.push(`${totals.asked} asked`)
  if (totals.notBuilt > 0) parts.push(`${totals.notBuilt} not built`)
  if (totals.open > 0) parts.push(`${totals.open} open`)
  return parts.join(' · ')
}
