import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { inheritedEnvironment } from '#server/platform/env/inherited'
import { PROJECT, packageFile } from './project'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** One step of `npm test`. */
export interface Stage {
  name: string
  run: () => Promise<Outcome>
}

interface Outcome {
  ok: boolean
  counts: Counts
}

const NONE: Counts = { passed: 0, failed: 0, skipped: 0 }

export function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

/** The last line of `npm test`: `N passed, N failed`, and `, N skipped` when there are any. */
export function summaryLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

const vitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numFailedTestSuites: z.number().default(0),
  numPendingTests: z.number().default(0),
  numTodoTests: z.number().default(0),
})

const playwrightReport = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number(), skipped: z.number() }),
})

/** Counts of a vitest JSON report. A file that could not even be loaded counts as one failure. */
export function countsOfVitest(report: unknown): Counts {
  const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests, numTodoTests } =
    vitestReport.parse(report)
  const failed = numFailedTests > 0 ? numFailedTests : numFailedTestSuites
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests }
}

/** Counts of a Playwright JSON report. A test that passed on a second try passed, and Playwright's output says so. */
export function countsOfPlaywright(report: unknown): Counts {
  const { expected, unexpected, flaky, skipped } = playwrightReport.parse(report).stats
  return { passed: expected + flaky, failed: unexpected, skipped }
}

function runProgram(args: string[], environment: Record<string, string | undefined> = {}): Promise<boolean> {
  const child = spawn(process.execPath, args, {
    cwd: PROJECT,
    env: inheritedEnvironment(environment),
    stdio: 'inherit',
  })
  return new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })
}

/** A step without tests of its own: it passes silently or counts as one failure. */
function check(name: string, args: string[]): Stage {
  return {
    name,
    run: async () => {
      const ok = await runProgram(args)
      return { ok, counts: ok ? NONE : { ...NONE, failed: 1 } }
    },
  }
}

const reportFile = (name: string) => path.join(PROJECT, '.data', 'test-reports', `${name}.json`)

/** The counts in a report; a run that failed without counting a failure (or without a report) counts as one. */
function outcome(ok: boolean, file: string, countsOf: (report: unknown) => Counts): Outcome {
  const counts = existsSync(file) ? countsOf(JSON.parse(readFileSync(file, 'utf8'))) : NONE
  const failed = ok || counts.failed > 0 ? counts.failed : 1
  return { ok: ok && failed === 0, counts: { ...counts, failed } }
}

function freshReport(name: string): string {
  const file = reportFile(name)
  mkdirSync(path.dirname(file), { recursive: true })
  rmSync(file, { force: true })
  return file
}

function vitest(name: string, args: string[]): Stage {
  return {
    name,
    run: async () => {
      const file = freshReport(name)
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
      const ok = await runProgram([packageFile('vitest/vitest.mjs'), 'run', '--passWithNoTests', ...args, ...reporters])
      return outcome(ok, file, countsOfVitest)
    },
  }
}

const faultReport = z.object({
  rows: z.array(z.object({ failures: z.array(z.string()), skipped: z.string().nullable() })),
})

/** Counts of the fault programme's report: one for each fault. */
export function countsOfFaults(report: unknown): Counts {
  const { rows } = faultReport.parse(report)
  const failed = rows.filter(({ failures }) => failures.length > 0).length
  const skipped = rows.filter((row) => row.skipped !== null).length
  return { passed: rows.length - failed - skipped, failed, skipped }
}

/** The short form of `npm run test:faults`: workers killed and frozen, Postgres crashed, answers cut. */
const faults: Stage = {
  name: 'faults',
  run: async () => {
    const file = freshReport('faults')
    const ok = await runProgram(['--import', 'tsx', 'e2e/faults/main.ts', '--short'])
    return outcome(ok, file, countsOfFaults)
  },
}

const playwright: Stage = {
  name: 'browser',
  run: async () => {
    const file = freshReport('browser')
    const config = path.join('e2e', 'playwright.config.ts')
    const environment = { PLAYWRIGHT_JSON_OUTPUT_NAME: file, PLAYWRIGHT_JSON_OUTPUT_FILE: file }
    const ok = await runProgram([packageFile('playwright/cli.js'), 'test', '-c', config], environment)
    return outcome(ok, file, countsOfPlaywright)
  },
}

/** The steps of `npm test`, cheapest first. The browser's step builds and starts the product itself. */
export function stages({ fast }: { fast: boolean }): Stage[] {
  const withoutBrowser = [
    check('format and lint', [packageFile('@biomejs/biome/bin/biome'), 'ci', '.']),
    check('types', [packageFile('ts7/bin/tsc'), '--noEmit']),
    vitest('house', ['--project', 'house']),
    // together, so that a worker goes on with one kind when the other has no more
    vitest('tests', ['--project', 'unit', '--project', 'database', '--project', 'contract']),
  ]
  const hasBrowserTests = existsSync(path.join(PROJECT, 'e2e', 'playwright.config.ts'))
  if (fast) return withoutBrowser
  return hasBrowserTests ? [...withoutBrowser, faults, playwright] : [...withoutBrowser, faults]
}
