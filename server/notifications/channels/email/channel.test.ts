import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import type { Message } from '../../model'
import { email } from './channel'

const message: Message = {
  topic: 'decision_needed',
  urgency: 'today',
  title: 'Which one?',
  body: '',
  facts: [],
  path: '/decisions/1',
  linkLabel: 'Decide',
  project: '',
  scripted: false,
  items: [],
  decision: null,
  outcome: null,
  thread: 'decision:1',
}

test('a mail server that never comes to an end is left at the limit, with nothing sent behind our back', async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.write('220 slow\r\n')
    socket.on('data', (data) => {
      // It takes everything and only never says that it has the message.
      const said = data.toString()
      if (/^(EHLO|HELO|MAIL|RCPT)/i.test(said)) socket.write('250 ok\r\n')
      if (/^DATA/i.test(said)) socket.write('354 go on\r\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  setEnvironmentVariable('EMAIL_SERVER', `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const outgoing = {
    ...{ deliveryId: '1', kind: 'message' as const, idempotencyKey: 'k', recipient: 'ana@example.com', message },
    ...{ baseUrl: 'https://orchestrator.example', replaces: null, personalLink: null, unsubscribeLink: null },
    access: { kind: 'none' as const },
  }
  const sent = email.send(outgoing, AbortSignal.timeout(500))
  await expect(sent).rejects.toMatchObject({ retryable: true })
  const [socket] = sockets
  if (socket && !socket.destroyed) await once(socket, 'close')
  expect(socket?.destroyed).toBe(true)
  server.close()
}, 5_000)
