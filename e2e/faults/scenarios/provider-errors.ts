import { underFaults } from '../provider-faults'
import type { Scenario } from '../scenario'

export const providerErrors: Scenario = {
  fault: '11',
  title: 'provider answers 500 and 529',
  how: '500 and 529 in a row, by the scripted provider',
  async inject(world) {
    const queue = [
      { kind: 'status', status: 500, purpose: 'plan', times: 2 },
      { kind: 'status', status: 529, purpose: 'implement', times: 2 },
      { kind: 'status', status: 503, purpose: 'review' },
    ]
    return await underFaults(world, queue)
  },
}
