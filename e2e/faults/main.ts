import { parseArgs } from 'node:util'
import { messageOf } from '#server/kernel/app-error'
import { sandboxRunner } from '#server/sandbox/registry'
import { scenarios } from './list'
import { isGood, keepReport, printReport, type Row } from './report'
import { calmMs, runOne, skippedRow } from './run-one'
import type { Scenario } from './scenario'
import { World } from './world'

const { values: given } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** the form that is part of `npm test` */
    short: { type: 'boolean', default: false },
    /** numbers of faults, with commas between them */
    only: { type: 'string' },
    /** goes on for so long, each round in another order, for nights */
    minutes: { type: 'string' },
  },
})

function chosen(): Scenario[] {
  const wanted = given.only?.split(',')
  return scenarios.filter(({ fault, short }) => (wanted ? wanted.includes(fault) : !given.short || short))
}

function* plan(world: World): Generator<Scenario> {
  const list = chosen()
  if (given.minutes === undefined) return yield* list
  const end = performance.now() + Number(given.minutes) * 60_000
  const possible = list.filter(({ impossible }) => (impossible?.() ?? null) === null)
  while (performance.now() < end && possible.length > 0) {
    for (const scenario of world.random.shuffled(possible)) if (performance.now() < end) yield scenario
  }
}

/** Without a sandbox no command may run, so nothing ends as done: then there is nothing to hold faults against. */
async function withoutSandbox(): Promise<string | null> {
  return await sandboxRunner().then(
    () => null,
    (error) => messageOf(error),
  )
}

function skipEverything(reason: string): never {
  const rows = chosen().map((scenario) => skippedRow(scenario, `this machine has no working sandbox: ${reason}`))
  const report = { seed, at: new Date().toISOString(), seconds: 0, calm: 0, rows }
  printReport(report)
  keepReport(report)
  process.exit(0)
}

const begin = performance.now()
const seed = Number(given.seed)
process.stdout.write(`Faults with seed ${seed}\n`)
const missing = await withoutSandbox()
if (missing !== null) skipEverything(missing)
const world = await World.open(seed)
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => void world.close().finally(() => process.exit(1)))
}
const rows: Row[] = []
let calm = 0
try {
  calm = await calmMs(world)
  process.stdout.write(`The same work without a fault: ${(calm / 1000).toFixed(1)} s\n`)
  for (const scenario of plan(world)) {
    const row = await runOne(world, scenario, calm)
    rows.push(row)
    const verdict = row.skipped !== null ? 'skipped' : isGood(row) ? 'ok' : `FAILED: ${row.failures.join('; ')}`
    process.stdout.write(`${row.fault} ${row.title}: ${verdict} (${row.seconds.toFixed(1)} s)\n`)
  }
} catch (error) {
  process.stderr.write(`The programme could not go on: ${messageOf(error)}\n`)
  process.exitCode = 1
} finally {
  await world.close()
}
const report = {
  seed,
  at: new Date().toISOString(),
  seconds: (performance.now() - begin) / 1000,
  calm: calm / 1000,
  rows,
}
printReport(report)
process.stdout.write(`Kept in ${keepReport(report)}\n`)
if (rows.length === 0 || rows.some((row) => !isGood(row))) process.exitCode = 1
process.exit()
