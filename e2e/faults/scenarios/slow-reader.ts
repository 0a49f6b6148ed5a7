import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { memoryMb } from '../processes'
import type { Scenario } from '../scenario'
import { makeTenant, type Tenant } from '../tenant'

const CLIENTS = 10
const EVENTS = 4_000
const PER_TRANSACTION = 100
/** After the first round the server's memory is warm: what it keeps for the deaf shows in the rounds after it. */
const ROUNDS = 3
/** Megabytes by which it may still grow then; if it kept everything, it would be twice that. */
const MOST_GROWTH = 80

/** A client of the event stream that never reads a byte. */
function deafClient(address: string, token: string): Promise<net.Socket> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: hostname, port: Number(port) }, () => {
      socket.write(`GET /api/events HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\n\r\n`)
      socket.pause()
      resolve(socket)
    })
    socket.once('error', reject)
  })
}

async function manyEvents(tenant: Tenant): Promise<void> {
  const payload = { name: 'x'.repeat(2_000) }
  for (let sent = 0; sent < EVENTS; sent += PER_TRANSACTION) {
    const drafts = Array.from({ length: PER_TRANSACTION }, () => ({
      type: 'project.changed',
      projectId: tenant.projectId,
      payload,
    }))
    await transaction((tx) => append(tx, tenant.scope, drafts))
  }
}

export const slowReader: Scenario = {
  fault: '25',
  title: 'event streams that nobody reads',
  how: `${CLIENTS} clients connect to the event stream and never read; ${ROUNDS} times ${EVENTS} events of 2 KB follow`,
  async inject(world) {
    const tenant = await makeTenant()
    const web = world.webs[0]
    if (!web) throw new Error('there is no web server')
    const address = await world.webAddress(0)
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => deafClient(address, tenant.token)))
    await sleep(500)
    const before = memoryMb(web.program.pid)
    const after: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      await manyEvents(tenant)
      await sleep(1_500)
      after.push(memoryMb(web.program.pid).now)
    }
    const answers = await fetch(`${address}/api/health`).then(({ ok }) => ok)
    for (const client of clients) client.destroy()
    const growth = Math.max(...after.slice(1)) - (after[0] ?? 0)
    return {
      count: CLIENTS,
      tenants: [tenant],
      convergedMs: null,
      facts: { 'web MB before': before.now, 'after each round': after.join('/') },
      failures: [
        ...(growth > MOST_GROWTH ? [`the web server grew by ${growth} MB after the first round`] : []),
        ...(answers ? [] : ['the web server was not healthy any more']),
      ],
    }
  },
}
