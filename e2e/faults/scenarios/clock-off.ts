import { existsSync } from 'node:fs'
import path from 'node:path'
import { database } from '#server/platform/database/client'
import { environmentVariable } from '#server/platform/env/inherited'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit } from '../tenant'

const HOUR_MS = 3_600_000

const libraries = [
  environmentVariable('LIBFAKETIME'),
  ...['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`),
]

/** libfaketime if it is here; else a module that moves JavaScript's own clock. */
function clockOff(): { how: string; environments: [Record<string, string>, Record<string, string>] } {
  const library = libraries.find((file) => file && existsSync(file))
  if (library) {
    const environment = (shift: string) => ({ LD_PRELOAD: library, FAKETIME: shift, FAKETIME_DONT_FAKE_MONOTONIC: '1' })
    return {
      how: 'libfaketime: one worker an hour ahead, one an hour behind',
      environments: [environment('+1h'), environment('-1h')],
    }
  }
  const module = path.join(import.meta.dirname, '..', 'shifted-clock.mjs')
  const environment = (shift: number) => ({
    NODE_IMPORT: module,
    CLOCK_SHIFT_MS: String(shift),
    CLOCK_STEP_AFTER_MS: '12000',
  })
  return {
    how: "libfaketime is not installed, so JavaScript's own clock is moved: one worker an hour ahead, one behind, and each steps over to the other side after 12 s",
    environments: [environment(HOUR_MS), environment(-HOUR_MS)],
  }
}

export const clockOffScenario: Scenario = {
  fault: '21',
  title: 'clocks are off by an hour',
  how: 'one worker an hour ahead, one an hour behind',
  async inject(world) {
    const { how, environments } = clockOff()
    const tenant = await makeTenant()
    await submit(world, tenant)
    for (const [index, place] of world.workers.entries()) {
      await place.program.stop()
      await world.restart(place, environments[index % 2])
    }
    const begin = performance.now()
    await submit(world, tenant)
    try {
      await converged([tenant])
    } finally {
      for (const place of world.workers) {
        await place.program.stop()
        await world.restart(place)
      }
    }
    // A lease that had been judged by a worker's own clock would have been taken away from the other one.
    const leases = await database().run.aggregate({
      where: { organizationId: tenant.organizationId, createdAt: { gt: new Date(Date.now() - HOUR_MS / 2) } },
      _max: { lease: true },
    })
    return {
      count: world.workers.length,
      tenants: [tenant],
      convergedMs: performance.now() - begin,
      facts: { 'highest lease': leases._max.lease ?? 0 },
      how,
    }
  },
}
