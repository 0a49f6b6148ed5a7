import { afterAll, expect, test } from 'vitest'
import { notify } from '#server/notifications/handlers'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization } from '#server/setup/testing'
import { receiveDelivery } from './commands/receive'
import { noMapping } from './model'
import { sourceOf } from './registry'
import { makeSource, readAll } from './testing'

afterAll(stopQueue)

test('a signal that gets worse, or is back after it was closed, is told again once; the same again is counted', async () => {
  const acme = await makeOrganization()
  const { organizationId } = acme
  const mapping = { ...noMapping, title: 'name', severity: 'level', subject: 'name', status: 'state' }
  const source = await makeSource(acme, 'generic', { mapping: { ...mapping, kind: 'quality_issue' } })
  const row = await database().signalSource.findUniqueOrThrow({ where: { id: source.id } })
  let deliveries = 0
  const report = async (level: string, state = 'firing') => {
    deliveries += 1
    const body = JSON.stringify({ name: 'Payments are slow', level, state, deliveries })
    await receiveDelivery({ source: sourceOf('generic'), row }, { headers: new Headers(), bytes: Buffer.from(body) })
    await readAll(organizationId)
    const signals = await database().signal.findMany({ where: { organizationId } })
    expect(signals).toHaveLength(1)
    return signals[0] as (typeof signals)[number]
  }
  /** What people are told of all that happened, doing what the worker would; done again it is told once. */
  const told = async () => {
    const events = await database().event.findMany({
      where: { organizationId, type: 'signal.raised' },
      orderBy: { sequence: 'asc' },
    })
    for (const { sequence } of [...events, ...events]) await notify({ organizationId, sequence: String(sequence) })
    const rows = await database().notification.findMany({ where: { organizationId }, orderBy: { createdAt: 'asc' } })
    return [...new Set(rows.map(({ title }) => title))]
  }

  expect(await report('low')).toMatchObject({ urgency: 'whenever', routedTo: 'nobody', count: 1 })
  expect(await told()).toEqual([])
  expect(await report('low')).toMatchObject({ urgency: 'whenever', count: 2 })
  const worse = await report('critical')
  expect(worse).toMatchObject({ urgency: 'now', routedTo: 'group', count: 3, round: 1, status: 'open' })
  expect(worse.classifiedWhy).toContain('It is worse than before: whenever became now.')
  expect(await told()).toEqual(['Worse than before: Payments are slow'])
  expect(await report('critical')).toMatchObject({ count: 4 })
  expect(await report('low')).toMatchObject({ urgency: 'now', count: 5 })
  expect(await told()).toHaveLength(1)

  expect(await report('critical', 'resolved')).toMatchObject({ status: 'closed' })
  const back = await report('medium')
  expect(back).toMatchObject({ status: 'open', urgency: 'now', round: 2, count: 6 })
  expect(back.classifiedWhy).toContain('It was closed 1 minute ago and is back, so it matters now instead of today.')
  // Nobody has read the first message yet, so both are one.
  expect(await told()).toEqual(['2 signals need attention'])
})
