import { underProviderToxic } from '../provider-faults'
import type { Scenario } from '../scenario'

export const bytesCut: Scenario = {
  fault: '13',
  title: 'answer cut by the network',
  how: 'the proxies end connections after some hundred bytes of answer, by FIN and by RST, for 3 s each',
  async inject(world) {
    const fin = await underProviderToxic(world, { cutAfter: world.random.between(150, 900), cutBy: 'fin' }, 3_000)
    const rst = await underProviderToxic(world, { cutAfter: world.random.between(150, 900), cutBy: 'rst' }, 3_000)
    return {
      count: fin.count + rst.count,
      tenants: [...fin.tenants, ...rst.tenants],
      convergedMs: Math.max(fin.convergedMs ?? 0, rst.convergedMs ?? 0),
    }
  },
}
