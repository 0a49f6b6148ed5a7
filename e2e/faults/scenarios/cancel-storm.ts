import { database } from '#server/platform/database/client'
import { cancelRequirement } from '#server/requirements/commands'
import { descendants } from '../processes'
import type { Scenario } from '../scenario'
import { makeTenant, submit, type Tenant, until } from '../tenant'

const REQUIREMENTS = 4
const CANCELS = 500
const DEAD_MS = 5_000

export const cancelStorm: Scenario = {
  fault: '31',
  title: `${CANCELS} cancels at once`,
  how: `commands sleep in sandboxes for ${REQUIREMENTS} requirements; ${CANCELS} calls of the cancelling command, each requirement many times over`,
  short: true,
  async inject(world) {
    // A project each: in one project the second would wait for the files of the first.
    const tenants = await Promise.all(Array.from({ length: REQUIREMENTS }, () => makeTenant()))
    for (const tenant of tenants) tenant.mayEnd = ['cancelled']
    const call = { name: 'run_command', input: { command: 'sleep 98', timeout_seconds: 120 } }
    await world.faults([{ kind: 'answer', purpose: 'implement', calls: [call], times: REQUIREMENTS }])
    const ids = await Promise.all(tenants.map((tenant) => submit(world, tenant)))
    const sleeping = () =>
      world.workers.flatMap(({ program }) => descendants(program.pid)).filter(({ name }) => name === 'sleep').length
    await until('commands in sandboxes', async () => sleeping() >= 2)
    const inside = sleeping()
    const begin = performance.now()
    const outcomes = await Promise.allSettled(
      Array.from({ length: CANCELS }, (_, index) =>
        cancelRequirement((tenants[index % REQUIREMENTS] as Tenant).scope, {
          requirementId: ids[index % REQUIREMENTS] as string,
        }),
      ),
    )
    const cancelled = performance.now() - begin
    await until('the end of the sandboxes', async () => sleeping() === 0, 30_000)
    const dead = performance.now() - begin
    await until('the end of every run', async () => {
      const busy = await database().run.count({
        where: { requirementId: { in: ids }, status: { in: ['queued', 'running'] } },
      })
      return busy === 0
    })
    const refused = outcomes.filter(({ status }) => status === 'rejected').length
    return {
      count: CANCELS,
      tenants,
      convergedMs: performance.now() - begin,
      facts: {
        'commands at work': inside,
        'cancels took s': Math.round(cancelled / 100) / 10,
        'sandboxes dead after s': Math.round(dead / 100) / 10,
      },
      failures: [
        ...(dead - cancelled > DEAD_MS
          ? [`sandboxes lived ${Math.round(dead - cancelled)} ms after the last cancel`]
          : []),
        ...(refused > 0 ? [`${refused} repeated cancels were refused`] : []),
      ],
    }
  },
}
