import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { enqueue } from '#server/platform/queue/queue'
import type { Scenario } from '../scenario'
import { converged, makeTenant, submit } from '../tenant'

const TICKS = 60

export const twoSchedulers: Scenario = {
  fault: '33',
  title: 'several schedulers at once',
  how: `both workers schedule; ${TICKS} more scheduling jobs for the same two requirements lie in the queue while they are worked on`,
  short: true,
  async inject(world) {
    const tenant = await makeTenant()
    const ids = [await submit(world, tenant), await submit(world, tenant)]
    const { organizationId, projectId } = tenant
    for (let tick = 0; tick < TICKS; tick += 10) {
      const jobs = Array.from({ length: 10 }, (_, index) => ({
        job: {
          name: 'advance-requirement' as const,
          organizationId,
          projectId,
          requirementId: ids[index % 2] as string,
        },
      }))
      await transaction((tx) => enqueue(tx, jobs))
    }
    const convergedMs = await converged([tenant])
    const runs = await database().run.groupBy({
      by: ['taskId', 'purpose', 'attempt'],
      where: { organizationId, purpose: 'implement' },
      _count: true,
    })
    const twice = runs.filter(({ _count }) => _count > 1).length
    return {
      count: TICKS,
      tenants: [tenant],
      convergedMs,
      failures: twice > 0 ? [`${twice} attempts were started twice`] : [],
    }
  },
}
