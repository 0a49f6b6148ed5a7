import { beforeAll, expect, test } from 'vitest'
import { hashPassword } from '#server/platform/crypto/password'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'

// Before the environment is first read.
setEnvironmentVariable('GITHUB_ID', 'id')
setEnvironmentVariable('GITHUB_SECRET', 'secret')
setEnvironmentVariable('EMAIL_SERVER', 'smtp://127.0.0.1:1')

let acme: TestOrganization

beforeAll(async () => {
  acme = await makeOrganization()
  const passwordHash = await hashPassword('correct horse battery')
  await database().user.update({ where: { id: acme.people.owner.userId }, data: { passwordHash } })
})

async function options() {
  return (await import('./options')).authOptions()
}

test('the ways in are those that are configured', async () => {
  const { signInWays } = await import('./queries')
  expect(signInWays()).toEqual({ email: true, github: true, oidc: false })
  const ids = (await options()).providers.map((provider) => provider.id)
  expect(ids).toEqual(['credentials', 'email', 'github'])
})

test('a token says who and since when, and nothing else', async () => {
  const { callbacks } = await options()
  const { userId: id, email } = acme.people.owner
  const user = { id, email, emailVerified: null, name: 'Ana', image: 'x' }
  const account = { provider: 'credentials', type: 'credentials' as const, providerAccountId: id }
  const first = await callbacks?.jwt?.({ token: { name: 'Ana', email, picture: 'x' }, user, account })
  expect(first).toEqual({ sub: id, version: 1, signedInAt: expect.any(Number) })
  const again = await callbacks?.jwt?.({
    token: { ...first, iat: 1, exp: 2, jti: 'x' },
    user: undefined as never,
    account: null,
  })
  expect(again).toEqual(first)
})

test('the credentials provider lets in and tells only the code of a refusal', async () => {
  const [provider] = (await options()).providers as unknown as {
    options: { authorize: (given: object, request: object) => Promise<{ id: string } | null> }
  }[]
  const request = { headers: { 'x-forwarded-for': '198.51.100.1, 192.0.2.5' } }
  const given = { email: acme.people.owner.email, password: 'correct horse battery' }
  expect((await provider?.options.authorize(given, request))?.id).toBe(acme.people.owner.userId)
  const wrong = provider?.options.authorize({ ...given, password: 'nope' }, request)
  await expect(wrong).rejects.toThrow(/^wrong-credentials$/)
  await expect(database().signInAttempt.findUnique({ where: { key: 'address:192.0.2.5' } })).resolves.not.toBeNull()
})

test('a provider does not invite anybody, and an unconfirmed address is nobody', async () => {
  const { callbacks } = await options()
  const enter = (email: string, profile: object) =>
    callbacks?.signIn?.({
      user: { id: 'x', email },
      account: { provider: 'oidc', type: 'oauth', providerAccountId: 'x' },
      profile: profile as never,
    })
  const known = acme.people.viewer.email
  expect(await enter('stranger@example.org', { email_verified: true })).toBe(false)
  expect(await enter(known, { email_verified: false })).toBe(false)
  expect(await enter(known, {})).toBe(false)
  expect(await enter(known.toUpperCase(), { email_verified: true })).toBe(true)
})

test('a provider that writes an address in other letters means the same account', async () => {
  const { adapter } = await options()
  const { userId, email } = acme.people.member
  expect(await adapter?.getUserByEmail?.(email.toUpperCase())).toMatchObject({ id: userId })
  expect(await adapter?.getUserByEmail?.('stranger@example.org')).toBeNull()
})
