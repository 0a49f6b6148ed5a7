import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import path from 'node:path'
import { PROJECT } from '#server/cli/project'

/** Where figures and the product's output of a benchmark are kept. */
export const FOLDER = path.join(PROJECT, '.data', 'bench')

export interface Spread {
  count: number
  p50: number
  p95: number
  p99: number
  max: number
}

const round = (value: number) => Math.round(value * 10) / 10

/** Nearest-rank percentiles, to a tenth of the unit that came in. */
export function spread(values: number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other)
  const at = (share: number) => round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN)
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}

/** How many times as much, to a hundredth. */
export const ratio = (value: number, base: number) => Math.round((value / base) * 100) / 100

type Cell = string | number

/** A table for a terminal; numbers on the right. */
export function printTable(title: string, head: string[], rows: Cell[][]): void {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => String(row[column]).length)))
  const line = (cells: Cell[]) =>
    cells
      .map((cell, column) => {
        const width = widths[column] as number
        return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  const text = [title, line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
  process.stdout.write(`\n${text}\n`)
}

/** Keeps the figures with what they depend on. */
export function keep(name: string, figures: unknown): void {
  mkdirSync(FOLDER, { recursive: true })
  const machine = {
    node: process.versions.node,
    system: `${process.platform} ${release()}`,
    processors: cpus().length,
    processor: cpus()[0]?.model,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    loadAtEnd: loadavg().map(round),
  }
  const file = path.join(FOLDER, `${name}.json`)
  writeFileSync(file, `${JSON.stringify({ at: new Date(), machine, figures }, null, 2)}\n`)
  process.stdout.write(`\nKept in ${path.relative(PROJECT, file)}\n`)
}
