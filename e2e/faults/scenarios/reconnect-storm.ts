import { setTimeout as sleep } from 'node:timers/promises'
import { transaction } from '#server/platform/database/transaction'
import { append, lastSequence } from '#server/platform/events/log'
import { STREAMS_AT_ONCE } from '#server/platform/http/open-streams'
import { EventReader } from '../event-reader'
import type { Scenario } from '../scenario'
import { makePerson, makeTenant, until } from '../tenant'

const CLIENTS = 300
const EVENTS = 200

export const reconnectStorm: Scenario = {
  fault: '26',
  title: 'web server killed under event streams, all come back at once',
  how: `${CLIENTS} clients on one web server (two cores allow no more beside everything else), kill -9 of it in the middle of ${EVENTS} events, started again`,
  async inject(world) {
    const tenant = await makeTenant()
    const web = world.webs[0]
    if (!web) throw new Error('there is no web server')
    const first = await lastSequence(tenant.scope)
    // One token may not have that many streams; half as many leave room for those that broke and come back.
    const people = Array.from({ length: Math.ceil((2 * CLIENTS) / STREAMS_AT_ONCE) }, () =>
      makePerson(tenant.organizationId),
    )
    const tokens = (await Promise.all(people)).map(({ token }) => token)
    const readers = Array.from(
      { length: CLIENTS },
      (_, index) => new EventReader(tokens[index % tokens.length] as string, () => world.webAddress(0), first),
    )
    try {
      await Promise.all(readers.map(({ connected }) => connected))
      const begin = performance.now()
      let restarted = 0
      for (let number = 0; number < EVENTS; number += 1) {
        const draft = { type: 'project.changed', projectId: tenant.projectId, payload: { name: `event ${number}` } }
        await transaction((tx) => append(tx, tenant.scope, [draft]))
        if (number === EVENTS / 2) {
          await web.program.kill()
          void world.restart(web).then(() => {
            restarted = performance.now()
          })
        }
        await sleep(10)
      }
      await until('the web server again', async () => restarted > 0)
      const last = await lastSequence(tenant.scope)
      await until('the last event at every client', async () => readers.every(({ seen }) => seen.at(-1) === last))
      const expected = Array.from({ length: Number(last - first) }, (_, index) => first + BigInt(index + 1)).join()
      const wrong = readers.filter(({ seen }) => seen.join() !== expected).length
      return {
        count: CLIENTS,
        tenants: [tenant],
        convergedMs: performance.now() - begin,
        facts: { 'caught up after s': Math.round((performance.now() - restarted) / 100) / 10 },
        failures: wrong > 0 ? [`${wrong} clients have gaps, repetitions or disorder`] : [],
      }
    } finally {
      for (const reader of readers) reader.close()
    }
  },
}
