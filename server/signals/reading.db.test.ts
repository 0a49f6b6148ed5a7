import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization } from '#server/setup/testing'
import { readDelivery } from './stages/read-delivery'
import { makeSource } from './testing'

afterAll(stopQueue)

async function waiting(payload: string, receivedAt: Date) {
  const acme = await makeOrganization()
  const source = await makeSource(acme, 'generic')
  const { organizationId, projectId } = acme
  const data = (text: string, at: Date) => ({
    ...{ organizationId, projectId, sourceId: source.id, deliveryId: randomUUID() },
    ...{ payload: Buffer.from(text), bytes: text.length, receivedAt: at },
  })
  const later = new Date(receivedAt.getTime() + 1_000)
  const first = await database().inboundDelivery.create({ data: data(payload, receivedAt) })
  const second = await database().inboundDelivery.create({ data: data('{"title":"Fine"}', later) })
  const statuses = async () => {
    const rows = await database().inboundDelivery.findMany({
      where: { sourceId: source.id },
      orderBy: { receivedAt: 'asc' },
    })
    return rows.map((row) => row.status)
  }
  return { organizationId, first, second, statuses }
}

test('a delivery that cannot be read is given up, and the one behind it is read by its own job', async () => {
  const { organizationId, first, second, statuses } = await waiting('{"no', new Date())
  await readDelivery(organizationId, second.id)
  expect(await statuses()).toEqual(['failed', 'processed'])
  await readDelivery(organizationId, first.id)
  expect(await statuses()).toEqual(['failed', 'processed'])
})

test('two workers that fail at the same delivery give up that one alone', async () => {
  const { organizationId, first, second, statuses } = await waiting('{"no', new Date())
  await Promise.all([readDelivery(organizationId, first.id), readDelivery(organizationId, second.id)])
  expect(await statuses()).toEqual(['failed', 'processed'])
})

test('what the database cannot take in is tried again, and given up after a quarter of an hour', async () => {
  await database().$executeRaw`
    create function refuse() returns trigger language plpgsql as $$ begin
      if new.title = 'Too much' then raise exception 'canceling statement' using errcode = '57014'; end if;
      return new;
    end $$`
  await database().$executeRaw`create trigger refuse before insert on "Signal" for each row execute function refuse()`
  const young = await waiting('{"title":"Too much"}', new Date())
  await expect(readDelivery(young.organizationId, young.second.id)).rejects.toThrow()
  expect(await young.statuses()).toEqual(['accepted', 'accepted'])
  const old = await waiting('{"title":"Too much"}', new Date(Date.now() - 20 * 60_000))
  await readDelivery(old.organizationId, old.second.id)
  expect(await old.statuses()).toEqual(['failed', 'processed'])
})
