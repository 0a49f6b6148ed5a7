import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { NextRequest } from 'next/server'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { handler } from './handler'
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
  await vi.waitFor(() => expect([mailsTo(member.email), mailsTo(viewer.email)]).toEqual([5, 1]), 10_000)
  expect(server.mails).toHaveLength(6)
  expect(server.mails.join().replaceAll('=\r\n', '')).not.toContain('/api/auth/callback')
})

test('links that nobody followed are forgotten once they are too old', async () => {
  await ask(acme.people.owner.email)
  await ask(acme.people.owner.email)
  expect(await database().verificationToken.count({ where: { identifier: acme.people.owner.email } })).toBe(1)
})

/** next-auth asks Next for these, which has them only while it answers a request. */
const next = createRequire(import.meta.url)('next/headers') as Record<string, unknown>

/** A request as next-auth meets it under Next. */
function send(path: string, headers: Record<string, string> = {}, method = 'POST') {
  const request = new NextRequest(`http://localhost:3000/api/auth/${path}`, { method, headers })
  next.headers = async () => request.headers
  next.cookies = async () => ({ getAll: () => [] })
  const nextauth = path.split('?')[0]?.split('/') ?? []
  return handler(request, { params: Promise.resolve({ nextauth }) })
}

const ownForm = { origin: 'http://localhost:3000', host: 'localhost:3000', 'sec-fetch-site': 'same-origin' }

test('a link is used up by the button of its page, never by being opened or by somebody else’s form', async () => {
  const { authOptions } = await import('./options')
  const { email } = (await makeOrganization('Links')).people.member
  const token = 'the token of the mail'
  const secret = process.env.NEXTAUTH_SECRET
  const hash = createHash('sha256').update(`${token}${secret}`).digest('hex')
  await authOptions().adapter?.createVerificationToken?.({
    ...{ identifier: email, token: hash, expires: new Date(Date.now() + 60_000) },
  })
  const address = `callback/email?${new URLSearchParams({ token, email, callbackUrl: 'http://localhost:3000/projects' })}`
  const opened = [
    await send(address, {}, 'GET'),
    await send(address, ownForm, 'GET'),
    await send(address),
    await send(address, { ...ownForm, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }),
    await send(address, { ...ownForm, 'sec-fetch-site': 'same-site' }),
  ]
  for (const answer of opened) {
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toMatch(/^http:\/\/localhost:3000\/sign-in\/link\?token=/)
    expect(answer.headers.getSetCookie()).toEqual([])
  }
  const used = await send(address, ownForm)
  expect(used.headers.get('location')).toBe('http://localhost:3000/projects')
  expect(used.headers.getSetCookie().join()).toContain('next-auth.session-token=')
  expect((await send(address, ownForm)).headers.get('location')).toContain('error=Verification')
})

// Last: the server is gone afterwards.
test('with the mail server down nobody can tell who has an account', async () => {
  await server.close()
  await expect(ask(acme.people.admin.email)).resolves.toBeUndefined()
  await expect(ask('another-stranger@example.org')).resolves.toBeUndefined()
})
