import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemScope } from '#server/auth/gate'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { stopQueue } from '#server/platform/queue/queue'
import { allowLocalAddresses } from '#server/secrets/commands'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import {
  addEndpoint,
  disableEndpoint,
  enableEndpoint,
  redeliver,
  removeEndpoint,
  rotateSecret,
  testEndpoint,
} from './commands/webhooks'
import { endpointDeliveries, findDelivery, findEndpoint } from './queries/settings'
import { deliverWebhooks, relayEvents } from './relay'
import { startReceiver } from './testing'

let acme: TestOrganization
let receiver: Awaited<ReturnType<typeof startReceiver>>

beforeAll(async () => {
  acme = await makeOrganization()
  await allowLocalAddresses(acme.people.admin.scope, true)
})
afterAll(stopQueue)
beforeEach(async () => {
  receiver = await startReceiver()
  return () => receiver.close()
})

const scope = () => acme.people.admin.scope
const signal = () => new AbortController().signal

function happen(type: string, payload: Record<string, unknown> = {}): Promise<void> {
  return transaction((tx) =>
    append(tx, systemScope(acme.organizationId), [{ type, projectId: acme.projectId, payload }]),
  )
}

const connect = (events: string[], url = receiver.url) => addEndpoint(scope(), { name: 'Theirs', url, events })

async function relayAll(): Promise<void> {
  while ((await relayEvents()) > 0) {}
}

async function deliverAll(endpointId: string, at = () => new Date()): Promise<void> {
  await database().delivery.updateMany({
    where: { endpointId, status: 'waiting' },
    data: { nextAttemptAt: new Date(0) },
  })
  await deliverWebhooks(endpointId, at, signal())
}

test('only who may change an endpoint sees the path of its address, which is a secret of many tools', async () => {
  const { admin, member, viewer } = acme.people
  const url = 'https://hooks.example.org/catch/0123/s3cret'
  const { id } = await addEndpoint(admin.scope, { name: 'Theirs', url, events: ['*'] })
  expect((await findEndpoint(admin.scope, id)).url).toBe(url)
  for (const { scope: of } of [member, viewer]) {
    expect((await findEndpoint(of, id)).url).toBe('https://hooks.example.org/…')
  }
  await removeEndpoint(admin.scope, id)
})

describe('events', () => {
  test('arrive signed, in order, once, under the names the subscription asks for', async () => {
    const { id, secret } = await connect(['requirement_submitted', 'task.failed'])
    await happen('requirement.submitted', { number: 1, title: 'A', statements: 1, source: 'page' })
    await happen('run.started')
    await happen('task.failed', { ref: 'T1', title: 'A', reason: 'x' })
    await Promise.all([relayAll(), relayAll(), relayAll()])
    await Promise.all([deliverAll(id), deliverAll(id)])
    await deliverAll(id)
    const bodies = receiver.hooks.map(({ headers, body }) => {
      const verified = new Webhook(secret).verify(body, headers) as { type: string; data: { event: string } }
      return [verified.type, verified.data.event]
    })
    expect(bodies).toEqual([
      ['requirement_submitted', 'requirement.submitted'],
      ['status_update', 'task.failed'],
    ])
    expect(new Set(receiver.hooks.map((hook) => hook.headers['webhook-id'])).size).toBe(2)
    expect(() => new Webhook(secret).verify('{}', receiver.hooks[0]?.headers ?? {})).toThrow()
  })

  test('cost nothing where nobody listens: no job, no row', async () => {
    const other = await makeOrganization('Quiet')
    const before = await database().delivery.count()
    await transaction((tx) =>
      append(tx, systemScope(other.organizationId), [{ type: 'run.started', projectId: other.projectId, payload: {} }]),
    )
    await relayAll()
    expect(await database().delivery.count()).toBe(before)
  })

  test('none is missed however many are written at once', async () => {
    const { id } = await connect(['run.started'])
    const writing = Promise.all(Array.from({ length: 60 }, () => happen('run.started')))
    await Promise.all([writing, relayAll(), relayAll()])
    await relayAll()
    expect(await database().delivery.count({ where: { endpointId: id } })).toBe(60)
  })

  test('of another project or organization are not told', async () => {
    const { id } = await addEndpoint(scope(), {
      name: 'One project',
      url: receiver.url,
      events: ['*'],
      projectId: acme.projectId,
    })
    await transaction((tx) => append(tx, systemScope(acme.organizationId), [{ type: 'agent.changed', payload: {} }]))
    await happen('run.started')
    await relayAll()
    const told = await database().delivery.findMany({ where: { endpointId: id }, select: { topic: true } })
    expect(told).toEqual([{ topic: 'run.started' }])
  })
})

describe('secrets', () => {
  test('a new one signs beside the old one for a day, and neither is stored in the clear', async () => {
    const { id, secret } = await connect(['run.started'])
    const { secret: next } = await rotateSecret(scope(), id, new Date())
    await testEndpoint(scope(), id, new Date())
    await deliverAll(id)
    const hook = receiver.hooks[0]
    expect(hook?.headers['webhook-signature']?.split(' ')).toHaveLength(2)
    for (const one of [secret, next]) new Webhook(one).verify(hook?.body ?? '', hook?.headers ?? {})
    await testEndpoint(scope(), id, new Date())
    await deliverAll(id, () => new Date(Date.now() + 25 * 3600_000))
    const later = receiver.hooks[1]
    expect(later?.headers['webhook-signature']?.split(' ')).toHaveLength(1)
    const row = JSON.stringify([await database().webhookEndpoint.findUnique({ where: { id } })], (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    for (const one of [secret, next]) expect(row).not.toContain(one.slice(6))
  })
})

describe('servers that misbehave', () => {
  const attempted = async (id: string) => {
    const [delivery] = await endpointDeliveries(scope(), id)
    if (!delivery) throw new Error('no delivery')
    return findDelivery(scope(), delivery.id)
  }

  async function attempt(answer: Parameters<typeof startReceiver>[0], url?: string) {
    if (answer) receiver.state.answer = answer
    const { id } = await connect(['run.started'], url)
    await testEndpoint(scope(), id, new Date())
    await deliverAll(id)
    return { id, delivery: await attempted(id) }
  }

  test('a redirect is not followed', async () => {
    const inner = await startReceiver()
    const { delivery } = await attempt((_hook, response) => void response.writeHead(302, { location: inner.url }).end())
    expect(delivery).toMatchObject({ status: 'waiting', answerStatus: 302 })
    expect(delivery.lastError).toMatch(/redirect, which is not followed/)
    expect(inner.hooks).toEqual([])
    await inner.close()
  })

  test('a gigabyte of an answer is cut at 64 KB', async () => {
    let written = 0
    const piece = Buffer.alloc(1 << 20, 'x')
    const { delivery } = await attempt((_hook, response) => {
      response.writeHead(200)
      const more = (): void => {
        while (written < 1 << 30 && !response.destroyed) {
          written += piece.length
          if (!response.write(piece)) return void response.once('drain', more)
        }
        response.end()
      }
      response.on('error', () => {})
      more()
    })
    expect(delivery.status).toBe('sent')
    expect(delivery.answer).toHaveLength(64 * 1024)
    expect(written).toBeLessThan(64 << 20)
  })

  test('a slow drip is cut after ten seconds', async () => {
    const timers: NodeJS.Timeout[] = []
    const { delivery } = await attempt((_hook, response) => {
      response.writeHead(200)
      timers.push(setInterval(() => response.write('.'), 100))
    })
    for (const timer of timers) clearInterval(timer)
    expect(delivery).toMatchObject({ status: 'waiting' })
    expect(delivery.lastError).toMatch(/longer than 10 seconds/)
    expect(delivery.durationMs).toBeGreaterThan(9_500)
    expect(delivery.durationMs).toBeLessThan(13_000)
  })

  test('410 switches the endpoint off at once; switched on again, what waited goes out', async () => {
    const { id } = await attempt((_hook, response) => void response.writeHead(410).end())
    expect(await findEndpoint(scope(), id)).toMatchObject({ active: false })
    await testEndpoint(scope(), id, new Date())
    await deliverAll(id)
    expect(receiver.hooks).toHaveLength(1)
    receiver.state.answer = (_hook, response) => void response.writeHead(204).end()
    await enableEndpoint(scope(), id)
    await deliverAll(id)
    expect(receiver.hooks).toHaveLength(2)
  })

  test('five days of failure switch it off and say so', async () => {
    const { id } = await attempt((_hook, response) => void response.writeHead(500).end('broken'))
    expect(await attempted(id)).toMatchObject({ status: 'waiting', answerStatus: 500, answer: 'broken' })
    await deliverAll(id, () => new Date(Date.now() + 5 * 24 * 3600_000 + 1_000))
    expect(await findEndpoint(scope(), id)).toMatchObject({
      active: false,
      disabledReason: 'It has failed for five days.',
    })
    const told = await database().event.findFirst({
      where: {
        organizationId: acme.organizationId,
        type: 'webhook.disabled',
        payload: { path: ['endpointId'], equals: id },
      },
    })
    expect(told).not.toBeNull()
  })

  test('this machine is not called once it is no longer allowed, by literal or by name', async () => {
    const { port } = new URL(receiver.url)
    for (const url of [receiver.url, `http://localhost:${port}/`]) {
      const { id } = await connect(['run.started'], url)
      await allowLocalAddresses(scope(), false)
      await testEndpoint(scope(), id, new Date())
      await deliverAll(id)
      expect(await attempted(id)).toMatchObject({ status: 'failed' })
      await allowLocalAddresses(scope(), true)
    }
    expect(receiver.hooks).toEqual([])
    await allowLocalAddresses(scope(), false)
    for (const url of ['http://127.0.0.1:1/', 'https://localhost/', 'https://10.0.0.1/', 'https://169.254.169.254/']) {
      await expect(connect(['*'], url)).rejects.toThrow()
    }
    await allowLocalAddresses(scope(), true)
  })

  test('a server that hangs up is tried again', async () => {
    const server = createServer((request) => request.socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { delivery } = await attempt(undefined, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    expect(delivery).toMatchObject({ status: 'waiting', answerStatus: null })
    server.close()
  })
})

test('an event can be sent again under its id, and a removed endpoint leaves nothing', async () => {
  const { id } = await connect(['run.started'])
  await happen('run.started')
  await relayAll()
  await deliverAll(id)
  const [delivery] = await endpointDeliveries(scope(), id)
  await redeliver(scope(), delivery?.id ?? '', new Date())
  await deliverAll(id)
  expect(receiver.hooks).toHaveLength(2)
  expect(receiver.hooks[0]?.headers['webhook-id']).toBe(receiver.hooks[1]?.headers['webhook-id'])
  const told = await database().event.findFirst({ where: { type: 'webhook.redelivered' }, orderBy: { at: 'desc' } })
  expect(told).toMatchObject({ payload: { endpointId: id, event: delivery?.topic }, actor: { id: scope().actor.id } })
  await disableEndpoint(scope(), id)
  await removeEndpoint(scope(), id)
  expect(await database().delivery.count({ where: { endpointId: id } })).toBe(0)
})
