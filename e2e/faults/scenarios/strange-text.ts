import { database } from '#server/platform/database/client'
import type { Scenario } from '../scenario'
import { cancelAll, makeTenant, post } from '../tenant'

/** Name, text as it is sent, and what must be stored of it (null: it may be refused). */
const TEXTS: [name: string, sent: string, stored: RegExp][] = [
  ['NUL', 'Before\u0000after.', /Before.?after/u],
  ['a lone surrogate', 'Before\ud800after.', /Before.?after/u],
  ['right to left', 'מסמך \u202Eabc\u202C עברית.', /עברית/u],
  ['emoji of several parts', 'Family 👨‍👩‍👧‍👦 and flag 🇩🇪.', /👨‍👩‍👧‍👦.*🇩🇪/u],
  ['combining marks', `Z${'\u0301'.repeat(200)}algo.`, /algo/u],
  ['only line ends of three kinds', 'One.\r\nTwo.\rThree.\u2028Four.', /Four/u],
]
const FILTERS = ['%00', '%ED%A0%80', "'%20or%20''='", '%F0%9F%98%80', '..%2F..%2Fetc%2Fpasswd', '%FF%FE']

export const strangeText: Scenario = {
  fault: '28',
  title: 'NUL, lone surrogates, right to left, emoji',
  how: 'POST of such texts, and such bytes in filters and paths of GET',
  async inject(world) {
    const tenant = await makeTenant()
    const address = await world.webAddress(0)
    const failures: string[] = []
    const statuses: number[] = []
    for (const [name, sent, stored] of TEXTS) {
      // JSON.stringify writes a lone surrogate as an escape, which is how one arrives in practice.
      const response = await post(address, '/api/requirements', tenant.token, { text: `# ${name}\n\n${sent}` })
      statuses.push(response.status)
      if (response.status >= 500) failures.push(`${name}: ${response.status}`)
      if (response.status !== 201) continue
      const { id } = (await response.json()) as { id: string }
      const row = await database().requirement.findUnique({ where: { id }, select: { text: true } })
      if (!row || !stored.test(row.text))
        failures.push(`${name} was stored as ${JSON.stringify(row?.text.slice(0, 80))}`)
    }
    const headers = { authorization: `Bearer ${tenant.token}` }
    for (const filter of FILTERS) {
      for (const where of [
        `/api/decisions?projectId=${filter}`,
        `/api/requirements/${filter}`,
        `/api/tasks?requirementId=${filter}`,
      ]) {
        const { status } = await fetch(`${address}${where}`, { headers })
        statuses.push(status)
        if (status >= 500) failures.push(`GET ${where}: ${status}`)
      }
    }
    await cancelAll(tenant)
    return {
      count: statuses.length,
      tenants: [tenant],
      convergedMs: null,
      facts: { answers: [...new Set(statuses)].sort().join('/') },
      failures,
    }
  },
}
