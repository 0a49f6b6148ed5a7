import { afterAll, beforeAll, expect, test } from 'vitest'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { createInvite } from './invites'
import { type MailServer, startMailServer } from './testing'

let acme: TestOrganization
let server: MailServer

beforeAll(async () => {
  server = await startMailServer()
  // Before the environment is first read.
  setEnvironmentVariable('EMAIL_SERVER', server.url)
  acme = await makeOrganization()
})
afterAll(() => server.close())

test('with a mail server the link goes to the invited address and nobody else sees it', async () => {
  const made = await createInvite(acme.people.owner.scope, { email: 'bo@example.org', role: 'viewer' })
  expect(made.link).toBeNull()
  expect(server.mails).toHaveLength(1)
  expect(server.mails[0]).toContain('RCPT TO:<bo@example.org>')
  // Long lines are folded with "=" in the encoding of mails.
  expect(server.mails[0]?.replaceAll('=\r\n', '')).toMatch(/http:\/\/localhost:3000\/invite\/orc_\w{62}/)
})

test('when it can not be reached, the inviter gets the link', async () => {
  await server.close()
  const made = await createInvite(acme.people.owner.scope, { email: 'cy@example.org', role: 'viewer' })
  expect(made.link).toMatch(/\/invite\/orc_/)
})
