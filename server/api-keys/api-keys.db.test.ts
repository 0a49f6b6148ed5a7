import { beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { authenticateBearer } from './authenticate'
import { createApiToken, revokeApiToken } from './commands'
import { listApiTokens } from './queries'

const DAY_MS = 24 * 60 * 60_000
let acme: TestOrganization

beforeAll(async () => {
  acme = await makeOrganization()
})

const bearer = (token: string) => new Headers({ authorization: `Bearer ${token}` })
const make = (scopes: ('read' | 'write' | 'decide' | 'admin')[], expiresInDays: number | null = null) =>
  createApiToken(acme.people.admin.scope, { name: 'program', scopes, expiresInDays })

test('a token is shown once, stored as a hash, and acts for its organization', async () => {
  const { id, token } = await make(['read'])
  expect(token).toMatch(/^orc_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/)
  const rows = [await database().apiToken.findMany(), await database().event.findMany({ select: { payload: true } })]
  expect(JSON.stringify(rows)).not.toContain(token)
  expect(JSON.stringify(rows)).not.toContain(token.split('_')[2])
  const caller = await authenticateBearer(bearer(token))
  expect(caller?.scope).toMatchObject({
    organizationId: acme.organizationId,
    role: 'viewer',
    actor: { kind: 'token', id, name: 'program' },
  })
  const [listed] = await listApiTokens(acme.people.admin.scope)
  expect(listed).toMatchObject({ id, prefix: token.split('_').slice(0, 2).join('_'), scopes: ['read'] })
  expect(listed?.lastUsedAt).not.toBeNull()
  expect(listed).not.toHaveProperty('tokenHash')
})

test('revoked, expired, unknown, mistyped and empty tokens fail alike; no header is no token', async () => {
  const revoked = await make(['read'])
  await revokeApiToken(acme.people.admin.scope, revoked.id)
  const expiring = await make(['read'], 1)
  const good = await make(['read'])
  const later = new Date(Date.now() + DAY_MS + 1000)
  const mistyped = `${good.token.slice(0, -1)}${good.token.endsWith('a') ? 'b' : 'a'}`
  const refused: [Headers, Date?][] = [
    [bearer(revoked.token)],
    [bearer(expiring.token), later],
    [bearer(mistyped)],
    [bearer('orc_x')],
    [new Headers({ authorization: 'bearer' })],
  ]
  for (const [headers, now] of refused) {
    await expect(authenticateBearer(headers, now)).rejects.toMatchObject({ code: 'token-invalid' })
  }
  expect(await authenticateBearer(bearer(good.token), later)).not.toBeNull()
  expect(await authenticateBearer(new Headers())).toBeNull()
  expect(await authenticateBearer(new Headers({ authorization: 'Basic x' }))).toBeNull()
})

test('a token never has more rights than its maker has today, and none without them', async () => {
  const maker = acme.people.owner
  const { token } = await createApiToken(maker.scope, { name: 'p', scopes: ['admin'], expiresInDays: null })
  expect((await authenticateBearer(bearer(token)))?.scope.role).toBe('admin')
  const member = { organizationId_userId: { organizationId: acme.organizationId, userId: maker.userId } }
  await database().member.update({ where: member, data: { role: 'viewer' } })
  expect((await authenticateBearer(bearer(token)))?.scope.role).toBe('viewer')
  await database().member.delete({ where: member })
  await expect(authenticateBearer(bearer(token))).rejects.toMatchObject({ code: 'token-invalid' })
})

test('a token cannot make tokens, and another organization cannot revoke one', async () => {
  const other = await makeOrganization('Other')
  const { id, token } = await make(['admin'])
  const caller = await authenticateBearer(bearer(token))
  if (!caller) throw new Error('the token is good')
  const given = { name: 'child', scopes: ['admin' as const], expiresInDays: null }
  await expect(createApiToken(caller.scope, given)).rejects.toMatchObject({ code: 'person-needed' })
  await expect(revokeApiToken(other.people.owner.scope, id)).rejects.toMatchObject({ code: 'token-not-found' })
})
