import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '#server/cli/project'

/** One line of the table. */
export interface Row {
  fault: string
  title: string
  how: string
  injected: number
  lost: number
  doubled: number
  paidTwice: number
  /** budgets passed, or counted wrongly */
  overshot: number
  /** seconds; null when nothing had to end */
  converged: number | null
  survivors: number
  facts: Record<string, string | number>
  failures: string[]
  skipped: string | null
  seconds: number
}

export interface Report {
  seed: number
  at: string
  seconds: number
  /** seconds that the same work takes when nothing goes wrong */
  calm: number
  rows: Row[]
}

export const isGood = (row: Row) => row.failures.length === 0

const heads = [
  'fault',
  'what',
  'injected',
  'lost',
  'doubled',
  'paid twice',
  'overshot',
  's to converge',
  'survivors',
  '',
]

function cells(row: Row): string[] {
  if (row.skipped !== null) return [row.fault, row.title, '-', '-', '-', '-', '-', '-', '-', 'SKIPPED']
  return [
    row.fault,
    row.title,
    String(row.injected),
    String(row.lost),
    String(row.doubled),
    String(row.paidTwice),
    String(row.overshot),
    row.converged === null ? 'n/a' : row.converged.toFixed(1),
    String(row.survivors),
    isGood(row) ? 'ok' : 'FAILED',
  ]
}

/** The table for a terminal, then what was injected how, what else was seen, and what went wrong. */
export function printReport({ seed, rows, seconds, calm }: Report): void {
  const lines = rows.map(cells)
  const widths = heads.map((head, column) => Math.max(head.length, ...lines.map((line) => (line[column] ?? '').length)))
  const text = (line: string[]) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const say = (line: string) => process.stdout.write(`${line}\n`)
  say('')
  for (const line of [heads, widths.map((width) => '-'.repeat(width)), ...lines]) say(text(line))
  say('')
  for (const row of rows) {
    const facts = Object.entries(row.facts).map(([name, value]) => `${name} ${value}`)
    say(`${row.fault}: ${row.how}${facts.length > 0 ? ` — ${facts.join(', ')}` : ''}`)
    if (row.skipped !== null) say(`   SKIPPED: ${row.skipped}`)
    for (const failure of row.failures) say(`   FAILED: ${failure}`)
  }
  const bad = rows.filter((row) => !isGood(row)).length
  const skipped = rows.filter((row) => row.skipped !== null).length
  say(
    `\nSeed ${seed}, ${Math.round(seconds)} s, the same work without a fault ${calm.toFixed(1)} s: ${rows.length - bad - skipped} held, ${bad} failed, ${skipped} skipped`,
  )
}

export function keepReport(report: Report): string {
  const file = path.join(PROJECT, '.data', 'test-reports', 'faults.json')
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
  return file
}
