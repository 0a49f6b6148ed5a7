import { database } from '#server/platform/database/client'
import { underFaults } from '../provider-faults'
import type { Scenario } from '../scenario'

const task = (id: string, dependsOn: string[]) => ({
  id,
  title: id,
  kind: 'integrate',
  capability: 'code',
  instructions: 'Build it.',
  dependsOn,
  statements: ['S1'],
  owns: [`${id}.txt`],
  reads: [],
  acceptance: [{ id: 'A1', text: 'It is there.', command: `test -f ${id}.txt`, proves: ['S1'] }],
  risk: 'low',
  rationale: '',
})
const plan = (tasks: object[]) => JSON.stringify({ summary: '', assumptions: [], questions: [], tasks })

export const wrongPlans: Scenario = {
  fault: '29',
  title: 'plans with a circle, a self-dependency, an unknown id',
  how: 'the scripted provider answers with such plans, one after the other',
  short: true,
  async inject(world) {
    const { id, ...injected } = await underFaults(world, [
      { kind: 'cyclic-plan', purpose: 'plan' },
      { kind: 'answer', purpose: 'repair', text: plan([task('T1', ['T1']), task('T2', ['T9'])]) },
    ])
    const plans = await database().plan.count({ where: { requirementId: id } })
    // What was wrong is told to the agent in the next request of the same conversation; the stored prompt has it not.
    const turns = await database().turn.count({ where: { run: { requirementId: id, purpose: 'plan' } } })
    return {
      ...injected,
      facts: { 'plans stored': plans, 'answers until one was right': turns },
      failures: [
        ...(injected.failures ?? []),
        ...(plans === 1 ? [] : [`${plans} plans were stored`]),
        ...(turns === 3 ? [] : [`${turns} answers where 3 were expected`]),
      ],
    }
  },
}
