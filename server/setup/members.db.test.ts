import { beforeEach, describe, expect, test } from 'vitest'
import { authenticateBearer } from '#server/api-keys/authenticate'
import { createApiToken } from '#server/api-keys/commands'
import { changeRole, signInWithPassword } from '#server/auth/commands'
import { personScope } from '#server/auth/gate'
import { createInvite, joinAs, joinWithNewAccount, revokeInvite, viewInvite } from '#server/auth/invites'
import type { Role } from '#server/auth/model'
import { listInvites, listMembers } from '#server/auth/queries'
import { database } from '#server/platform/database/client'
import { removePerson } from './commands'
import { makeOrganization, type TestOrganization } from './testing'

const DAY_MS = 24 * 60 * 60_000
const newcomer = { name: 'Bo', password: 'a long sentence works' }
const email = 'bo@example.org'
let acme: TestOrganization

beforeEach(async () => {
  await database().$executeRaw`truncate "User", "Organization", "Event", "EventStream" cascade`
  acme = await makeOrganization()
})

async function invite(role: Role, by: Role = 'owner', address = email) {
  const made = await createInvite(acme.people[by].scope, { email: address, role })
  return { ...made, token: new URL(made.link ?? '').pathname.replace('/invite/', '') }
}

const roleOf = async (userId: string) =>
  (await listMembers(acme.people.owner.scope)).find((member) => member.userId === userId)?.role

async function events(): Promise<string[]> {
  const rows = await database().event.findMany({
    where: { organizationId: acme.organizationId },
    orderBy: { sequence: 'asc' },
  })
  return rows.map((row) => row.type).filter((type) => /^(member|invite|api-token)\./.test(type))
}

describe('an invite', () => {
  test('lets one person in, with the role it was made with', async () => {
    const { token, link } = await invite('member')
    expect(link).toMatch(/^http:\/\/localhost:3000\/invite\/orc_\w+$/)
    expect(await viewInvite(token, null)).toEqual({
      state: 'open',
      organization: 'Acme',
      invitedBy: 'A owner',
      role: 'member',
      email,
      viewer: 'nobody',
    })
    const joined = await joinWithNewAccount({ token, ...newcomer })
    expect(joined).toEqual({ organizationId: acme.organizationId, email })
    const user = await signInWithPassword({ email, password: newcomer.password, address: '192.0.2.1' })
    expect((await personScope(user.id, acme.organizationId)).role).toBe('member')
    expect(await events()).toEqual(['member.invited', 'member.joined'])
    expect(await listInvites(acme.people.owner.scope)).toEqual([])
    expect(await viewInvite(token, null)).toMatchObject({ state: 'used' })
    await expect(joinWithNewAccount({ token, ...newcomer })).rejects.toMatchObject({ code: 'invite-closed' })
  })

  test('is taken once, however many try at the same moment', async () => {
    const { token } = await invite('viewer')
    const tries = Array.from({ length: 6 }, () => joinWithNewAccount({ token, ...newcomer }))
    const outcomes = await Promise.allSettled(tries)
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason.code).toMatch(/^(invite-closed|email-taken)$/)
    }
    expect(await database().user.count({ where: { email } })).toBe(1)
    expect(await events()).toEqual(['member.invited', 'member.joined'])
  })

  test('looking changes nothing, and the database does not hold the token', async () => {
    const { token } = await invite('viewer')
    for (let look = 0; look < 3; look += 1) expect((await viewInvite(token, null)).state).toBe('open')
    expect(JSON.stringify(await database().invite.findMany())).not.toContain(token)
  })

  test('a refused password leaves it open', async () => {
    const { token } = await invite('viewer')
    await expect(joinWithNewAccount({ token, name: 'Bo', password: 'short' })).rejects.toMatchObject({
      code: 'weak-password',
    })
    await joinWithNewAccount({ token, ...newcomer })
  })

  test('ends after seven days, when it is revoked, and when a newer one is made', async () => {
    const { token, id } = await invite('viewer')
    const late = new Date(Date.now() + 7 * DAY_MS + 1000)
    expect(await viewInvite(token, null, late)).toMatchObject({ state: 'expired' })
    await expect(joinWithNewAccount({ token, ...newcomer }, late)).rejects.toMatchObject({
      details: { state: 'expired' },
    })
    const newer = await invite('member')
    expect(await viewInvite(token, null)).toMatchObject({ state: 'revoked' })
    await expect(revokeInvite(acme.people.admin.scope, id)).rejects.toMatchObject({ code: 'invite-not-found' })
    await revokeInvite(acme.people.admin.scope, newer.id)
    await expect(joinWithNewAccount({ token: newer.token, ...newcomer })).rejects.toMatchObject({
      details: { state: 'revoked' },
    })
    expect(await viewInvite('orc_made_up', null)).toMatchObject({ state: 'unknown' })
    expect(await database().user.count({ where: { email } })).toBe(0)
    expect(await events()).toEqual(['member.invited', 'invite.revoked', 'member.invited', 'invite.revoked'])
  })

  test('is for one address: another account is refused and leaves it open', async () => {
    const other = await makeOrganization('Other')
    const { userId: id, email: address } = other.people.viewer
    const { token } = await invite('viewer', 'owner', address)
    const stranger = { id: other.people.admin.userId, email: other.people.admin.email, name: null }
    expect(await viewInvite(token, stranger)).toMatchObject({ viewer: 'somebody-else' })
    await expect(joinAs(stranger, token)).rejects.toMatchObject({ code: 'invite-for-another' })
    await expect(joinWithNewAccount({ token, ...newcomer })).rejects.toMatchObject({ code: 'email-taken' })
    await joinAs({ id, email: address, name: null }, token)
    expect(await roleOf(id)).toBe('viewer')
  })

  test('answers the same for an address with an account and without one', async () => {
    const other = await makeOrganization('Other')
    const [known, unknown] = [other.people.viewer.email, 'nobody@example.org']
    const seen = []
    for (const address of [known, unknown]) {
      const { token, ...made } = await invite('viewer', 'owner', address)
      const view = JSON.stringify(await viewInvite(token, null)).replaceAll(address, 'X')
      seen.push({ view, keys: Object.keys(made), linked: made.link !== null })
    }
    expect(seen[0]).toEqual(seen[1])
  })

  test('nobody gives a role above their own, and only a person invites', async () => {
    const { people } = acme
    await expect(createInvite(people.admin.scope, { email, role: 'owner' })).rejects.toMatchObject({
      code: 'role-above-own',
    })
    await expect(createInvite(people.member.scope, { email, role: 'viewer' })).rejects.toMatchObject({
      code: 'role-too-low',
    })
    const { token } = await createApiToken(people.owner.scope, { name: 't', scopes: ['admin'], expiresInDays: null })
    const program = await authenticateBearer(new Headers({ authorization: `Bearer ${token}` }))
    if (!program) throw new Error('the token did not authenticate')
    await expect(createInvite(program.scope, { email, role: 'viewer' })).rejects.toMatchObject({
      code: 'person-needed',
    })
    await expect(
      createInvite(people.owner.scope, { email: ` ${people.viewer.email.toUpperCase()} `, role: 'admin' }),
    ).rejects.toMatchObject({ code: 'already-member' })
    expect(await database().invite.count()).toBe(0)
  })

  test('counts only as long as its maker may still give that role', async () => {
    const { people } = acme
    const { token } = await invite('admin', 'admin')
    await changeRole(people.owner.scope, { userId: people.admin.userId, role: 'member' })
    expect(await viewInvite(token, null)).toMatchObject({ state: 'unbacked' })
    await expect(joinWithNewAccount({ token, ...newcomer })).rejects.toMatchObject({ details: { state: 'unbacked' } })
    await changeRole(people.owner.scope, { userId: people.admin.userId, role: 'admin' })
    await joinWithNewAccount({ token, ...newcomer })
  })

  test('belongs to its organization: another one can neither see nor revoke it', async () => {
    const { id, token } = await invite('viewer')
    const other = await makeOrganization('Other')
    expect(await listInvites(other.people.owner.scope)).toEqual([])
    await expect(revokeInvite(other.people.owner.scope, id)).rejects.toMatchObject({ code: 'invite-not-found' })
    expect((await viewInvite(token, null)).state).toBe('open')
  })
})

describe('a role', () => {
  test('changes from the next request on, also for a caller whose request began before', async () => {
    const { people, organizationId } = acme
    await changeRole(people.owner.scope, { userId: people.admin.userId, role: 'viewer' })
    expect((await personScope(people.admin.userId, organizationId)).role).toBe('viewer')
    const stale = people.admin.scope
    await expect(changeRole(stale, { userId: people.viewer.userId, role: 'admin' })).rejects.toMatchObject({
      code: 'role-too-low',
    })
    expect(await events()).toEqual(['member.role-changed'])
  })

  test('of somebody above is not for an admin to change, nor the role above their own to give', async () => {
    const { people } = acme
    const { scope } = people.admin
    for (const given of [
      { userId: people.owner.userId, role: 'viewer' },
      { userId: people.admin.userId, role: 'owner' },
      { userId: people.viewer.userId, role: 'owner' },
    ] as const) {
      await expect(changeRole(scope, given)).rejects.toMatchObject({ code: 'role-above-own' })
    }
    await expect(removePerson(scope, people.owner.userId)).rejects.toMatchObject({ code: 'role-above-own' })
    expect(await roleOf(people.owner.userId)).toBe('owner')
  })

  test('people of another organization are not found', async () => {
    const other = await makeOrganization('Other')
    const { scope } = other.people.owner
    const { userId } = acme.people.viewer
    await expect(changeRole(scope, { userId, role: 'admin' })).rejects.toMatchObject({ code: 'member-not-found' })
    await expect(removePerson(scope, userId)).rejects.toMatchObject({ code: 'member-not-found' })
    expect(await roleOf(userId)).toBe('viewer')
  })
})

describe('an owner always remains', () => {
  test('the last one can neither step down nor leave', async () => {
    const { scope, userId } = acme.people.owner
    await expect(changeRole(scope, { userId, role: 'admin' })).rejects.toMatchObject({ code: 'last-owner' })
    await expect(removePerson(scope, userId)).rejects.toMatchObject({ code: 'last-owner' })
  })

  test('of two who leave at the same moment one stays', async () => {
    const { owner, admin } = acme.people
    await changeRole(owner.scope, { userId: admin.userId, role: 'owner' })
    const second = await personScope(admin.userId, acme.organizationId)
    const outcomes = await Promise.allSettled([
      removePerson(owner.scope, owner.userId),
      changeRole(second, { userId: admin.userId, role: 'viewer' }),
    ])
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await database().member.count({ where: { organizationId: acme.organizationId, role: 'owner' } })).toBe(1)
  })
})

test('whoever is removed loses access, tokens and the invites they made, here and only here', async () => {
  const { admin, owner } = acme.people
  const other = await makeOrganization('Other')
  await database().member.create({
    data: { userId: admin.userId, organizationId: other.organizationId, role: 'admin' },
  })
  const here = await createApiToken(admin.scope, { name: 'here', scopes: ['read'], expiresInDays: null })
  const elsewhere = await createApiToken(await personScope(admin.userId, other.organizationId), {
    name: 'elsewhere',
    scopes: ['read'],
    expiresInDays: null,
  })
  const { token } = await invite('viewer', 'admin')
  await removePerson(owner.scope, admin.userId)

  await expect(personScope(admin.userId, acme.organizationId)).rejects.toMatchObject({ code: 'not-a-member' })
  const bearer = (value: string) => authenticateBearer(new Headers({ authorization: `Bearer ${value}` }))
  await expect(bearer(here.token)).rejects.toMatchObject({ code: 'token-invalid' })
  expect((await bearer(elsewhere.token))?.scope.organizationId).toBe(other.organizationId)
  expect(await viewInvite(token, null)).toMatchObject({ state: 'revoked' })
  const told = ['api-token.created', 'member.invited', 'member.removed', 'invite.revoked', 'api-token.revoked']
  expect(await events()).toEqual(told)

  // Coming back does not bring the old tokens back.
  await database().member.create({
    data: { userId: admin.userId, organizationId: acme.organizationId, role: 'admin' },
  })
  await expect(bearer(here.token)).rejects.toMatchObject({ code: 'token-invalid' })
})
