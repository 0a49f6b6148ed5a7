import { database } from '#server/platform/database/client'
import { underProviderToxic } from '../provider-faults'
import type { Scenario } from '../scenario'
import { IDLE_SECONDS } from '../world'

export const providerSilent: Scenario = {
  fault: '12',
  title: 'provider can not be reached, or never answers',
  how: 'the proxies accept and never answer; then they refuse connections',
  async inject(world) {
    const silent = await underProviderToxic(world, { blackhole: true }, 6_000)
    const refused = await underProviderToxic(world, { refuse: true }, 2_000)
    const notices = await database().runLog.findMany({
      where: { run: { requirementId: silent.id }, kind: 'notice' },
      select: { text: true },
    })
    const told = notices.some(({ text }) => /Trying again/.test(text))
    return {
      count: silent.count + refused.count,
      tenants: [...silent.tenants, ...refused.tenants],
      convergedMs: Math.max(silent.convergedMs ?? 0, refused.convergedMs ?? 0),
      facts: { 'given up after s of silence': IDLE_SECONDS },
      failures: told ? [] : ['nobody was told in the live log that the provider was silent'],
    }
  },
}
