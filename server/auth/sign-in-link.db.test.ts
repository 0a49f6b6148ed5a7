import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
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

/** What next-auth does when somebody asks for a link. */
async function ask(identifier: string): Promise<void> {
  const { authOptions } = await import('./options')
  const { providers, adapter } = authOptions()
  const provider = providers.find(({ id }) => id === 'email') as unknown as {
    options: { sendVerificationRequest: (given: object) => Promise<void> }
  }
  const url = `http://localhost:3000/api/auth/callback/email?token=x&email=${identifier}`
  await provider.options.sendVerificationRequest({ identifier, url })
  await adapter?.createVerificationToken?.({ identifier, token: crypto.randomUUID(), expires: new Date() })
}

const mailsTo = (email: string) => server.mails.filter((mail) => mail.includes(`RCPT TO:<${email}>`)).length

test('however often somebody asks, a person gets a few links and strangers none', async () => {
  const { member, viewer } = acme.people
  for (let index = 0; index < 9; index += 1) await ask(member.email)
  await ask('stranger@example.org')
  await ask(viewer.email)
  await vi.waitFor(() => expect([mailsTo(member.email), mailsTo(viewer.email)]).toEqual([5, 1]))
  expect(server.mails).toHaveLength(6)
})

test('links that nobody followed are forgotten once they are too old', async () => {
  await ask(acme.people.owner.email)
  await ask(acme.people.owner.email)
  expect(await database().verificationToken.count({ where: { identifier: acme.people.owner.email } })).toBe(1)
})

// Last: the server is gone afterwards.
test('with the mail server down nobody can tell who has an account', async () => {
  await server.close()
  await expect(ask(acme.people.admin.email)).resolves.toBeUndefined()
  await expect(ask('another-stranger@example.org')).resolves.toBeUndefined()
})
