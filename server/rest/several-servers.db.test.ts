import { once } from 'node:events'
import net from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { transaction } from '#server/platform/database/transaction'
import { append, lastSequence } from '#server/platform/events/log'
import { stopQueue } from '#server/platform/queue/queue'
import { until } from '#server/platform/queue/testing'
import { makeOrganization, type TestOrganization, tokenHeaders } from '#server/setup/testing'
import { killServer, startServer, type TestServer } from './testing'

let servers: TestServer[] = []
let acme: TestOrganization
let headers: Record<string, string>

beforeAll(async () => {
  acme = await makeOrganization()
  headers = await tokenHeaders(acme.people.admin, ['read'])
  servers = await Promise.all([startServer(), startServer()])
})
afterAll(async () => {
  await Promise.all(servers.map(killServer))
  await stopQueue()
})

const write = (count: number, text = '') =>
  transaction((tx) =>
    append(
      tx,
      acme.people.owner.scope,
      Array.from({ length: count }, () => ({ type: 'project.changed', payload: { name: `event ${text}` } })),
    ),
  )

/** Reads ids from one server until there are enough, or the connection ends. */
async function readIds(server: TestServer, after: string, enough: number): Promise<{ ids: string[]; retry: number }> {
  const stop = new AbortController()
  const ids: string[] = []
  let retry = 0
  try {
    const response = await fetch(`${server.url}/api/events`, {
      headers: { ...headers, 'last-event-id': after },
      signal: stop.signal,
    })
    let text = ''
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString()
      const whole = text.split('\n\n')
      text = whole.pop() ?? ''
      for (const part of whole) {
        retry ||= Number(/^retry: (\d+)/m.exec(part)?.[1] ?? 0)
        const id = /^id: (\d+)$/m.exec(part)?.[1]
        if (id) ids.push(id)
      }
      if (ids.length >= enough) break
    }
  } catch (error) {
    if (ids.length === 0 && !/terminated|fetch failed/.test(String(error))) throw error
  } finally {
    stop.abort()
  }
  return { ids: ids.slice(0, enough), retry }
}

test('a client that moves between servers, also from one that was killed, gets every event once and in order', async () => {
  const [first, second] = servers as [TestServer, TestServer]
  const third = await startServer()
  const before = await lastSequence(acme.people.owner.scope)
  const total = 400
  // One dies when half of them are written, so that there is something to move for, however fast that goes.
  const writing = (async () => {
    for (let written = 0; written < total; written += 4) {
      if (written === total / 2) await killServer(third)
      await Promise.all([write(1), write(2), write(1)])
    }
  })()
  const got: string[] = []
  const pauses = new Set<number>()
  let last = String(before)
  for (let turn = 0; got.length < total; turn += 1) {
    const server = turn < 3 ? third : ([first, second][turn % 2] as TestServer)
    const { ids, retry } = await readIds(server, last, turn === 2 ? total : Math.min(23, total - got.length))
    got.push(...ids)
    pauses.add(retry)
    last = got.at(-1) ?? last
  }
  await writing
  expect(third.process.signalCode).toBe('SIGKILL')
  const expected = Array.from({ length: total }, (_, index) => String(before + BigInt(index + 1)))
  expect(got).toEqual(expected)
  expect(pauses.size).toBeGreaterThan(3) // each is told another pause, so that not all come back at once
})

test('clients that never read are dropped, memory stays bounded, and the others get everything', async () => {
  const [server] = servers as [TestServer]
  const before = await lastSequence(acme.people.owner.scope)
  const memoryBefore = await server.memory()
  const idle = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const socket = net.connect(server.port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write(`GET /api/events HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${headers.authorization}\r\n\r\n`)
      await once(socket, 'readable')
      socket.pause()
      const dropped = new Promise<void>((resolve) => {
        socket.on('error', () => resolve())
        socket.on('close', () => resolve())
      })
      return { socket, dropped }
    }),
  )
  const total = 1_500
  const reading = readIds(server, String(before), total)
  for (let written = 0; written < total; written += 30) await write(30, 'x'.repeat(16_000))
  const { ids } = await reading
  expect(ids.length).toBe(total)
  expect(new Set(ids).size).toBe(total)
  const grown = async () => ((await server.memory()) - memoryBefore) / 2 ** 20
  // What is under way while it is measured is no leak; all that was written, for each of them, would be 240 MB.
  await until(async () => (await grown()) < 40)
  process.stdout.write(
    `10 clients that never read, ${total} events of 16 kB: memory grew by ${(await grown()).toFixed(1)} MB\n`,
  )
  // Reading what the system had still buffered shows that the server has ended each of them.
  for (const { socket } of idle) socket.resume()
  await Promise.all(idle.map(({ dropped }) => dropped))
})
