import { underFaults } from '../provider-faults'
import type { Scenario } from '../scenario'

export const contextTooLong: Scenario = {
  fault: '17',
  title: 'context too long',
  how: '400 "prompt is too long" twice, by the scripted provider',
  async inject(world) {
    const message = 'prompt is too long: 250000 tokens > 200000 maximum'
    const queue = [{ kind: 'status', status: 400, message, purpose: 'implement', times: 2 }]
    const { faulty, journal, ...injected } = await underFaults(world, queue)
    const perRun = faulty.map((entry) =>
      journal.filter(({ runId, turn }) => runId === entry.runId && turn === entry.turn),
    )
    const most = Math.max(...perRun.map((calls) => calls.length))
    return {
      ...injected,
      facts: { 'calls for one turn at most': most },
      failures: most > 2 ? [`a turn that can't fit was requested ${most} times`] : [],
    }
  },
}
