import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '#server/kernel/app-error'
import { findingsOf } from './invariants'
import type { Row } from './report'
import type { Injected, Scenario } from './scenario'
import { converged, makeTenant, submit } from './tenant'
import type { World } from './world'

/** Milliseconds that what a killed worker had started gets to be gone. */
const GONE_MS = 5_000
/** Milliseconds within which everything has to be well again without anybody, on top of what the work itself takes. */
const CONVERGED_MS = 60_000

/** What the same work takes when nothing goes wrong: milliseconds on this machine, now. */
export async function calmMs(world: World): Promise<number> {
  const tenant = await makeTenant()
  await submit(world, tenant)
  return converged([tenant])
}

const nothing: Injected = { count: 0, tenants: [], convergedMs: null }

/** Processes that outlived their worker: what is below a living worker is at work. */
async function survivors(world: World): Promise<string[]> {
  const look = () =>
    world.witness
      .survivors(world.workers.filter(({ program }) => program.ended === null).map(({ program }) => program.pid))
      .map(({ pid, name }) => `${name} (${pid})`)
  const deadline = performance.now() + GONE_MS
  while (look().length > 0 && performance.now() < deadline) await sleep(100)
  return look()
}

function rowOf(scenario: Scenario): Row {
  return {
    fault: scenario.fault,
    title: scenario.title,
    how: scenario.how,
    injected: 0,
    lost: 0,
    doubled: 0,
    paidTwice: 0,
    overshot: 0,
    converged: null,
    survivors: 0,
    facts: {},
    failures: [],
    skipped: null,
    seconds: 0,
  }
}

export function skippedRow(scenario: Scenario, reason: string): Row {
  return { ...rowOf(scenario), skipped: reason }
}

/** Injects one fault into a whole world, waits until it is over, and holds the result against what must always be true. */
export async function runOne(world: World, scenario: Scenario, calm: number): Promise<Row> {
  const begin = performance.now()
  const row: Row = { ...rowOf(scenario), skipped: scenario.impossible?.() ?? null }
  if (row.skipped !== null) return row
  await world.heal()
  const injected = await scenario.inject(world).catch((error: unknown) => {
    row.failures.push(messageOf(error))
    return nothing
  })
  const crashed = world.crashed()
  const left = await survivors(world)
  await world.heal()
  const found = await findingsOf(injected.tenants, { folder: world.folder, journal: await world.journal() })
  const tooLong = injected.convergedMs !== null && injected.convergedMs - calm > CONVERGED_MS
  return {
    ...row,
    how: injected.how ?? scenario.how,
    injected: injected.count,
    lost: found.lost.length,
    doubled: found.doubled.length,
    paidTwice: found.paidTwice.length,
    overshot: found.overshot.length,
    converged: injected.convergedMs === null ? null : injected.convergedMs / 1000,
    survivors: left.length,
    facts: injected.facts ?? {},
    failures: [
      ...row.failures,
      ...(injected.failures ?? []),
      ...found.lost,
      ...found.doubled,
      ...found.paidTwice,
      ...found.overshot,
      ...crashed.map((name) => `${name} ended although nobody asked it to`),
      ...left.map((name) => `outlived its worker: ${name}`),
      ...(tooLong ? [`more than ${CONVERGED_MS / 1000} s until everything was well, beside the work itself`] : []),
      ...(injected.count === 0 && row.failures.length === 0 ? ['nothing was injected'] : []),
    ],
    seconds: (performance.now() - begin) / 1000,
  }
}
