import { database } from '#server/platform/database/client'
import { underFaults } from '../provider-faults'
import type { Scenario } from '../scenario'

const CALLS = 500

export const wildCalls: Scenario = {
  fault: '18',
  title: 'wrong, unknown and far too many tool calls',
  how: `an unknown tool, arguments that are no JSON, a path outside, and ${CALLS} calls in one turn, by the scripted provider`,
  async inject(world) {
    const calls = Array.from({ length: CALLS }, () => ({ name: 'list_files', input: { path: '.' } }))
    const { id, ...injected } = await underFaults(world, [
      { kind: 'unknown-tool', purpose: 'implement' },
      { kind: 'invalid-tool-json', purpose: 'implement' },
      { kind: 'escape-path', purpose: 'implement' },
      { kind: 'answer', purpose: 'implement', calls },
    ])
    const of = { turn: { run: { requirementId: id } }, name: 'list_files' }
    const ran = await database().toolCall.groupBy({ by: ['turnId'], where: { ...of, isError: false }, _count: true })
    const most = Math.max(0, ...ran.map(({ _count }) => _count))
    return {
      ...injected,
      facts: { 'calls of one turn that ran': most },
      failures: [...(injected.failures ?? []), ...(most > 100 ? [`${most} calls of one turn were run`] : [])],
    }
  },
}
