import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { database } from '#server/platform/database/client'
import { takeOver } from './attempts'
import { takeTurn } from './periodic'
import { lanes, stopQueue } from './queue'
import { add, isEmpty, jobRows, order, startConsumer, until } from './testing'

afterEach(() => void vi.useRealTimers())
afterAll(stopQueue)

const HOUR = 3_600_000

test.each([
  ['an hour ahead', HOUR],
  ['an hour behind', -HOUR],
])('a process whose clock is %s takes nothing over too early or too late, and no turn twice', async (_what, offset) => {
  const organizationId = randomUUID()
  let end = () => {}
  const held = new Promise<void>((resolve) => {
    end = resolve
  })
  let handled = 0
  const { stop } = await startConsumer(async () => {
    handled += 1
    await held
  })
  await add(order('execute-run', organizationId))
  await until(async () => handled === 1)
  const name = `turn-${offset}`
  expect(await takeTurn(name, 60_000)).toBe(true)

  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offset })
  expect(await takeOver(lanes)).toBe(0)
  expect(await takeTurn(name, 60_000)).toBe(false)
  await add({ ...order('record-signal', organizationId), startAfterSeconds: 600 })
  const due = (await jobRows(organizationId)).find(({ data }) => data.name === 'record-signal')?.due ?? 0
  expect(Math.abs(due - 600)).toBeLessThan(20)
  await database()
    .$executeRaw`update pgboss.job set heartbeat_on = now() - interval '10 seconds' where state = 'active'`
  expect(await takeOver(lanes)).toBe(1)
  await database().$executeRaw`update pgboss.job set start_after = now()`
  end()
  await until(() => isEmpty(organizationId))
  vi.useRealTimers()
  await stop()
})
