import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { createInvite } from './invites'

let acme: TestOrganization
let server: Server
const mails: string[] = []

/** As much of a mail server as sending one message needs (RFC 5321). */
function mailServer(): Server {
  return createServer((socket) => {
    let reading = false
    let mail = ''
    socket.write('220 test ESMTP\r\n')
    socket.on('data', (chunk) => {
      const text = String(chunk)
      if (reading) {
        mail += text
        if (!mail.endsWith('\r\n.\r\n')) return
        reading = false
        mails.push(mail)
        socket.write('250 taken\r\n')
      } else if (/^DATA/i.test(text)) {
        reading = true
        socket.write('354 go on\r\n')
      } else if (/^QUIT/i.test(text)) socket.end('221 bye\r\n')
      else {
        if (/^RCPT/i.test(text)) mail = text
        socket.write('250 fine\r\n')
      }
    })
  })
}

beforeAll(async () => {
  server = mailServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (!address || typeof address === 'string') throw new Error('no port')
  // Before the environment is first read.
  setEnvironmentVariable('EMAIL_SERVER', `smtp://127.0.0.1:${address.port}`)
  acme = await makeOrganization()
})
afterAll(() => {
  server.close()
})

test('with a mail server the link goes to the invited address and nobody else sees it', async () => {
  const made = await createInvite(acme.people.owner.scope, { email: 'bo@example.org', role: 'viewer' })
  expect(made.link).toBeNull()
  expect(mails).toHaveLength(1)
  expect(mails[0]).toContain('RCPT TO:<bo@example.org>')
  // Long lines are folded with "=" in the encoding of mails.
  expect(mails[0]?.replaceAll('=\r\n', '')).toMatch(/http:\/\/localhost:3000\/invite\/orc_\w{62}/)
})

test('when it can not be reached, the inviter gets the link', async () => {
  await new Promise((resolve) => server.close(resolve))
  const made = await createInvite(acme.people.owner.scope, { email: 'cy@example.org', role: 'viewer' })
  expect(made.link).toMatch(/\/invite\/orc_/)
})
