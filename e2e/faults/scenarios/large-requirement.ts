import { database } from '#server/platform/database/client'
import type { Scenario } from '../scenario'
import { cancelAll, makeTenant } from '../tenant'

const MEGABYTE = 1_000_000

/** Text of exactly so many bytes, of letters that take one, two and three. */
function textOf(bytes: number): string {
  const line = 'A sentence with an ä and a 字 in it. '
  const size = Buffer.byteLength(line)
  const head = '# Long\n\n'
  const rest = bytes - head.length
  return head + line.repeat(Math.floor(rest / size)) + '.'.repeat(rest % size)
}

export const largeRequirement: Scenario = {
  fault: '27',
  title: 'requirements of 1 MB and of 10 MB',
  how: 'POST of exactly 1,000,000 bytes of text, and of 10 MB',
  async inject(world) {
    const tenant = await makeTenant()
    const address = await world.webAddress(0)
    const send = (text: string) =>
      fetch(`${address}/api/requirements`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tenant.token}`, 'content-type': 'text/markdown' },
        body: text,
      })
    const text = textOf(MEGABYTE)
    const taken = await send(text)
    const { id } = (await taken.json()) as { id: string }
    const row = await database().requirement.findUnique({ where: { id }, select: { text: true } })
    const refused = await send(textOf(10 * MEGABYTE)).then(
      ({ status }) => status,
      () => 0, // the server may close before everything was sent
    )
    const rows = await database().requirement.count({ where: { organizationId: tenant.organizationId } })
    // It is not worked off: what a megabyte of the same sentence would be planned as says nothing here.
    await cancelAll(tenant)
    return {
      count: 2,
      tenants: [tenant],
      convergedMs: null,
      facts: { '1 MB': taken.status, '10 MB': refused },
      failures: [
        ...(row?.text === text ? [] : ['the 1 MB that were stored are not those that were sent']),
        ...(refused === 413 ? [] : [`10 MB were answered with ${refused}, not 413`]),
        ...(rows === 1 ? [] : [`there are ${rows} requirements, not 1`]),
      ],
    }
  },
}
