import { beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { maskSecrets } from '#server/platform/logging/redact'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { addCredential, revealForRun, revokeCredential } from './commands'
import { availableProviders, listCredentials, suggestedMode } from './queries'

let acme: TestOrganization
let other: TestOrganization
const key = 'sk-ant-canary-0123456789abcdef'

beforeAll(async () => {
  acme = await makeOrganization()
  other = await makeOrganization('Other')
})

const add = (name: string, value = key) =>
  addCredential(acme.people.admin.scope, { provider: 'anthropic', name, value, baseUrl: null })

test('a key is kept sealed, listed by its last four characters, and revealed only for a run', async () => {
  const { id } = await add('main')
  const row = await database().credential.findUniqueOrThrow({ where: { id } })
  expect(JSON.stringify(row)).not.toContain('canary')
  const listed = await listCredentials(acme.people.viewer.scope)
  expect(listed).toMatchObject([{ id, provider: 'anthropic', name: 'main', lastFour: 'cdef', source: 'settings' }])
  expect(JSON.stringify(listed)).not.toMatch(/canary|sealed/)
  expect(await revealForRun(acme.people.owner.scope, 'anthropic')).toMatchObject({ apiKey: key, name: 'main' })
  expect(await revealForRun(acme.people.owner.scope, 'openai')).toBeNull()
  expect(maskSecrets(`the key is ${key}`)).not.toContain('canary')
  const events = await database().event.findMany({ where: { type: 'credential.added' } })
  expect(JSON.stringify(events.map((event) => event.payload))).not.toContain('canary')
})

test('a sealed key moved to another row or another organization does not open', async () => {
  const { id } = await add('first')
  const { sealedValue } = await database().credential.findUniqueOrThrow({ where: { id } })
  const second = await add('second', 'sk-ant-another-0123456789')
  await database().credential.update({ where: { id: second.id }, data: { sealedValue } })
  await expect(revealForRun(acme.people.owner.scope, 'anthropic')).rejects.toMatchObject({ code: 'seal-broken' })
  await database().credential.update({ where: { id }, data: { organizationId: other.organizationId } })
  await expect(revealForRun(other.people.owner.scope, 'anthropic')).rejects.toMatchObject({ code: 'seal-broken' })
  await database().credential.deleteMany()
})

test('another organization sees and revokes nothing', async () => {
  const { id } = await add('mine')
  expect(await listCredentials(other.people.owner.scope)).toEqual([])
  expect(await revealForRun(other.people.owner.scope, 'anthropic')).toBeNull()
  await expect(revokeCredential(other.people.owner.scope, id)).rejects.toMatchObject({ code: 'credential-not-found' })
})

test('a revoked key is not used again; the one before it is', async () => {
  const { id } = await add('newer', 'sk-ant-newer-0123456789')
  expect(await revealForRun(acme.people.owner.scope, 'anthropic')).toMatchObject({ name: 'newer' })
  await revokeCredential(acme.people.admin.scope, id)
  expect(await revealForRun(acme.people.owner.scope, 'anthropic')).toMatchObject({ name: 'mine' })
  await expect(revokeCredential(acme.people.admin.scope, id)).rejects.toMatchObject({ code: 'credential-not-found' })
})

test('new projects are live only where there is a key', async () => {
  expect(await suggestedMode(acme.people.owner.scope)).toBe('live')
  expect(await availableProviders(acme.people.owner.scope)).toEqual(['anthropic'])
  expect(await suggestedMode(other.people.owner.scope)).toBe('scripted')
})

test('an address with a password inside is refused, it would be shown in lists', async () => {
  const given = {
    provider: 'compatible' as const,
    name: 'x',
    value: 'sk-12345678',
    baseUrl: 'http://user:pass@host/v1',
  }
  await expect(addCredential(acme.people.admin.scope, given)).rejects.toThrow('Leave user name and password out')
})
