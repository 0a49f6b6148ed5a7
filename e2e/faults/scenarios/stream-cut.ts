import { database } from '#server/platform/database/client'
import { falseCompletes, underFaults } from '../provider-faults'
import type { Scenario } from '../scenario'

export const streamCut: Scenario = {
  fault: '13',
  title: 'answer cut in the middle',
  how: 'the scripted provider ends its connection after some events (FIN, RST), and leaves out the last event',
  short: true,
  async inject(world) {
    const after = () => world.random.between(1, 5)
    const queue = [
      { kind: 'cut', afterEvents: after(), how: 'fin', purpose: 'plan' },
      { kind: 'cut', afterEvents: after(), how: 'rst', purpose: 'implement' },
      { kind: 'cut', afterEvents: after(), how: 'fin', purpose: 'implement' },
      { kind: 'no-terminal', purpose: 'review' },
    ]
    const { id, journal, ...injected } = await underFaults(world, queue)
    const whole = journal.filter(({ fault }) => fault === null)
    const wrong = await falseCompletes(id, whole)
    const turns = await database().turn.count({ where: { run: { requirementId: id } } })
    return {
      ...injected,
      facts: { 'turns stored': turns, 'cut answers taken as whole': wrong },
      failures: [...(injected.failures ?? []), ...(wrong > 0 ? [`${wrong} cut answers were taken as whole`] : [])],
    }
  },
}
