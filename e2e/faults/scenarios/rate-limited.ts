import { underFaults } from '../provider-faults'
import type { Scenario } from '../scenario'

const RETRY_AFTER = 2

export const rateLimited: Scenario = {
  fault: '10',
  title: 'provider answers 429',
  how: `429 with Retry-After: ${RETRY_AFTER} three times, by the scripted provider`,
  async inject(world) {
    const queue = [{ kind: 'status', status: 429, headers: { 'retry-after': String(RETRY_AFTER) }, times: 3 }]
    const { faulty, journal, ...injected } = await underFaults(world, queue)
    // Of each refused request the next one of the same run.
    const waits = faulty.flatMap((entry) => {
      const next = journal.find((other) => other.runId === entry.runId && Date.parse(other.at) > Date.parse(entry.at))
      return next ? [Date.parse(next.at) - Date.parse(entry.at)] : []
    })
    const shortest = Math.min(...waits)
    return {
      ...injected,
      facts: { 'shortest wait s': shortest / 1000, 'calls refused': faulty.length },
      failures: [
        ...(injected.failures ?? []),
        ...(shortest < RETRY_AFTER * 1000 ? [`asked again after ${shortest} ms`] : []),
      ],
    }
  },
}
