import { underFaults, underProviderToxic } from '../provider-faults'
import type { Scenario } from '../scenario'

export const malformedAnswer: Scenario = {
  fault: '14',
  title: 'answer is broken JSON, or bytes of it are wrong',
  how: 'a broken event and a plan that is no JSON by the scripted provider; the proxies flip a byte of each piece for 2 s',
  async inject(world) {
    const broken = await underFaults(world, [
      { kind: 'malformed-frame', afterEvents: 3, purpose: 'plan' },
      { kind: 'garbage', purpose: 'plan' },
      { kind: 'malformed-frame', afterEvents: 2, purpose: 'implement' },
    ])
    const flipped = await underProviderToxic(world, { corrupt: true }, 2_000)
    // A flipped byte of the content is an answer like any other: what comes of it is judged by checks and people.
    for (const tenant of flipped.tenants) tenant.mayEnd = ['done', 'partly_done', 'failed', 'cancelled']
    return {
      count: broken.count + flipped.count,
      tenants: [...broken.tenants, ...flipped.tenants],
      convergedMs: Math.max(broken.convergedMs ?? 0, flipped.convergedMs ?? 0),
      failures: broken.failures ?? [],
    }
  },
}
