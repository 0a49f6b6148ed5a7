import { database } from '#server/platform/database/client'
import { memoryMb } from '../processes'
import { underFaults } from '../provider-faults'
import type { Scenario } from '../scenario'

const TASKS = 10_000
const WIDE = 1_000

/** Short, so that it stays inside what a model may answer at most. */
const plan = (count: number) => {
  const tasks = Array.from({ length: count }, (_, index) => ({
    id: `T${index + 1}`,
    dependsOn: index === 0 ? [] : ['T1'],
  }))
  return JSON.stringify({ summary: '', assumptions: [], questions: [], tasks })
}

export const hugePlan: Scenario = {
  fault: '30',
  title: `a plan of ${TASKS} tasks, and one ${WIDE} tasks wide`,
  how: 'the scripted provider answers with such plans; both are over the cap for plans (replays of 2,122 tasks: bench/graphs)',
  async inject(world) {
    const before = Math.max(...world.workers.map(({ program }) => memoryMb(program.pid).most))
    const { id, ...injected } = await underFaults(world, [
      { kind: 'answer', purpose: 'plan', text: plan(TASKS) },
      { kind: 'answer', purpose: 'repair', text: plan(WIDE) },
    ])
    const after = Math.max(...world.workers.map(({ program }) => memoryMb(program.pid).most))
    const tasks = await database().task.count({ where: { requirementId: id } })
    return {
      ...injected,
      facts: { tasks, 'worker MB before': before, 'at most': after },
      failures: [
        ...(injected.failures ?? []),
        ...(tasks > 40 ? [`${tasks} tasks were made`] : []),
        ...(after - before > 300 ? [`the worker grew by ${after - before} MB`] : []),
      ],
    }
  },
}
