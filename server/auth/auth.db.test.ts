import { beforeAll, beforeEach, expect, test } from 'vitest'
import { hashPassword } from '#server/platform/crypto/password'
import { database } from '#server/platform/database/client'
import { makeOrganization, sessionHeaders, type TestOrganization } from '#server/setup/testing'
import { changePassword, signInWithPassword, signOutEverywhere } from './commands'
import { organizationOf, SESSION_SECONDS, sessionUser } from './session'

const MINUTE_MS = 60_000
const password = 'correct horse battery'
let acme: TestOrganization
let passwordHash: string

beforeAll(async () => {
  acme = await makeOrganization()
  passwordHash = await hashPassword(password)
})
beforeEach(async () => {
  await database().signInAttempt.deleteMany()
  await database().user.update({ where: { id: acme.people.owner.userId }, data: { passwordHash, sessionVersion: 1 } })
})

const attempt = (given: Partial<Parameters<typeof signInWithPassword>[0]>, now = new Date()) =>
  signInWithPassword({ email: acme.people.owner.email, password, address: '192.0.2.1', ...given }, now)

test('the right password lets in, in any Unicode spelling of the same text', async () => {
  expect((await attempt({})).id).toBe(acme.people.owner.userId)
  const composed = await hashPassword('gr\u00fc\u00dfe aus K\u00f6ln')
  await database().user.update({ where: { id: acme.people.owner.userId }, data: { passwordHash: composed } })
  await attempt({ password: 'gru\u0308\u00dfe aus Ko\u0308ln' })
})

test('unknown account, wrong password, no password and a huge password fail in the same words', async () => {
  const tries = [
    { email: 'nobody@example.org' },
    { password: 'wrong' },
    { email: acme.people.viewer.email },
    { password: 'x'.repeat(2000) },
  ]
  const messages = new Set<string>()
  for (const [index, given] of tries.entries()) {
    const error = await attempt({ address: `198.51.100.${index}`, ...given }).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'wrong-credentials' })
    messages.add((error as Error).message)
  }
  expect(messages.size).toBe(1)
})

test('after five failures the account is blocked for 1, 2, 4 … 15 minutes, from any address', async () => {
  let now = new Date()
  const fail = (index: number) => attempt({ password: 'wrong', address: `203.0.113.${index}` }, now)
  for (let index = 0; index < 5; index += 1)
    await expect(fail(index)).rejects.toMatchObject({ code: 'wrong-credentials' })
  for (const [step, minutes] of [1, 2, 4, 8, 15, 15].entries()) {
    await expect(attempt({ address: '198.51.100.9' }, now)).rejects.toMatchObject({
      code: 'too-many-attempts',
      details: { retryAfterSeconds: minutes * 60 },
    })
    now = new Date(now.getTime() + minutes * MINUTE_MS + 1)
    await expect(fail(10 + step)).rejects.toMatchObject({ code: 'wrong-credentials' })
  }
})

test('an address that tries many accounts is blocked too, a whole IPv6 network as one', async () => {
  for (let index = 0; index < 5; index += 1) {
    const given = { email: `guess${index}@example.org`, address: `2001:db8:1:2:${index}::1` }
    await expect(attempt(given)).rejects.toMatchObject({ code: 'wrong-credentials' })
  }
  await expect(attempt({ address: '2001:db8:1:2:ffff::9' })).rejects.toMatchObject({ code: 'too-many-attempts' })
  expect((await attempt({ address: '2001:db8:1:3::1' })).id).toBe(acme.people.owner.userId)
})

test('guesses sent at the same moment all count', async () => {
  const guesses = Array.from({ length: 6 }, (_, index) =>
    attempt({ password: 'wrong', address: `198.51.100.${index}` }),
  )
  await Promise.allSettled(guesses)
  const row = await database().signInAttempt.findUniqueOrThrow({ where: { key: `account:${acme.people.owner.email}` } })
  expect(row.failures).toBe(6)
})

test('a right guess among many sent at the same moment learns nothing beyond the limit', async () => {
  const guesses = Array.from({ length: 60 }, (_, index) =>
    attempt({ password: index === 59 ? password : `wrong ${index}`, address: `198.51.100.${index}` }),
  )
  const outcomes = await Promise.allSettled(guesses)
  expect(outcomes.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'too-many-attempts' } })
  expect(outcomes.at(-2)).toMatchObject({ status: 'rejected', reason: { code: 'too-many-attempts' } })
})

test('characters that the database does not take are no account', async () => {
  await expect(attempt({ email: 'a\0b@example.org' })).rejects.toMatchObject({ code: 'wrong-credentials' })
})

test('success forgets the failures of the account', async () => {
  for (let index = 0; index < 4; index += 1)
    await attempt({ password: 'wrong', address: `198.51.100.${index}` }).catch(() => {})
  await attempt({ address: '192.0.2.7' })
  await expect(attempt({ password: 'wrong', address: '192.0.2.8' })).rejects.toMatchObject({
    code: 'wrong-credentials',
  })
  await attempt({ address: '192.0.2.9' })
})

test('nobody is kept out where they signed in before by failures from elsewhere, for thirty days', async () => {
  await attempt({ address: '192.0.2.33' })
  const failElsewhere = async (at: Date) => {
    for (let index = 0; index < 5; index += 1)
      await attempt({ password: 'wrong', address: `198.51.100.${index}` }, at).catch(() => {})
  }
  await failElsewhere(new Date())
  await expect(attempt({ address: '192.0.2.44' })).rejects.toMatchObject({ code: 'too-many-attempts' })
  expect((await attempt({ address: '192.0.2.33' })).id).toBe(acme.people.owner.userId)
  // Guessing from there counts as anywhere else.
  for (let index = 0; index < 5; index += 1) await attempt({ password: 'wrong', address: '192.0.2.33' }).catch(() => {})
  await expect(attempt({ address: '192.0.2.33' })).rejects.toMatchObject({ code: 'too-many-attempts' })
  const later = new Date(Date.now() + 31 * 24 * 60 * MINUTE_MS)
  await failElsewhere(later)
  await expect(attempt({ address: '192.0.2.33' }, later)).rejects.toMatchObject({ code: 'too-many-attempts' })
})

test('changing the password ends every session and asks for the present one', async () => {
  const { scope, headers, userId } = acme.people.owner
  expect((await sessionUser(new Headers(headers)))?.id).toBe(userId)
  await expect(changePassword(scope, { current: 'wrong', next: 'another long one' })).rejects.toMatchObject({
    code: 'wrong-credentials',
  })
  await expect(changePassword(scope, { current: password, next: 'short' })).rejects.toMatchObject({
    code: 'weak-password',
  })
  await changePassword(scope, { current: password, next: 'another long one' })
  expect(await sessionUser(new Headers(headers))).toBeNull()
  await attempt({ password: 'another long one' })
})

test('sign out everywhere ends sessions at once', async () => {
  const { scope, userId } = acme.people.member
  const headers = new Headers(await sessionHeaders(userId))
  expect(await sessionUser(headers)).not.toBeNull()
  await signOutEverywhere(scope)
  expect(await sessionUser(headers)).toBeNull()
  expect(await sessionUser(new Headers(await sessionHeaders(userId, { version: 2 })))).not.toBeNull()
})

test('a session ends after its absolute limit, and a forged or garbled cookie is nobody', async () => {
  const { userId } = acme.people.viewer
  const old = Math.floor(Date.now() / 1000) - SESSION_SECONDS - 1
  expect(await sessionUser(new Headers(await sessionHeaders(userId, { signedInAt: old })))).toBeNull()
  for (const cookie of ['next-auth.session-token=garbage', 'next-auth.session-token=', 'x', ';;==;']) {
    expect(await sessionUser(new Headers({ cookie }))).toBeNull()
  }
})

test('the organization is the one named by header, else by a valid cookie, else the first', async () => {
  const other = await makeOrganization('Other')
  const { userId } = acme.people.admin
  const of = (headers: Record<string, string>) => organizationOf(new Headers(headers), userId)
  expect(await of({})).toBe(acme.organizationId)
  expect(await of({ cookie: `orchestrator-organization=${other.organizationId}` })).toBe(acme.organizationId)
  await database().member.create({ data: { userId, organizationId: other.organizationId, role: 'viewer' } })
  expect(await of({ cookie: `orchestrator-organization=${other.organizationId}` })).toBe(other.organizationId)
  expect(await of({ 'orchestrator-organization': other.organizationId })).toBe(other.organizationId)
})
