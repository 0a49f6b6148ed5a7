import { beforeEach, expect, test } from 'vitest'
import { signInWithPassword } from '#server/auth/commands'
import { createSetupLink, setupLinkIsOpen } from '#server/auth/setup'
import { database } from '#server/platform/database/client'
import { completeSetup } from './commands'
import './testing'

const DAY_MS = 24 * 60 * 60_000
const answers = {
  email: 'Ana@Example.org',
  name: 'Ana',
  password: 'a long sentence works',
  organizationName: 'Acme',
  projectName: 'First project',
}

async function tokenOf(link: string | null): Promise<string> {
  return new URL(link ?? '').pathname.replace('/setup/', '')
}

beforeEach(async () => {
  await database().$executeRaw`truncate "User", "Organization", "SetupLink", "Event", "EventStream" cascade`
})

test('the link lets the first owner in, with organization, agents and project', async () => {
  const link = await createSetupLink()
  expect(link).toMatch(/^http:\/\/localhost:3000\/setup\/orc_\w+$/)
  const { userId, organizationId, projectId } = await completeSetup({ ...answers, token: await tokenOf(link) })
  const member = await database().member.findFirstOrThrow({ where: { userId, organizationId } })
  expect(member.role).toBe('owner')
  const agents = await database().agent.findMany({ where: { organizationId }, orderBy: { createdAt: 'asc' } })
  expect(agents.map((agent) => agent.role)).toEqual(['analyst', 'implementer', 'validator', 'integrator', 'reasoner'])
  const project = await database().project.findUniqueOrThrow({ where: { id: projectId } })
  expect(project).toMatchObject({ slug: 'first-project', providerMode: 'scripted', createdById: userId })
  const user = await signInWithPassword({ email: 'ana@example.org', password: answers.password, address: '10.0.0.1' })
  expect(user.id).toBe(userId)
  expect(user.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})

test('a link works once, and there is no new one when somebody has an account', async () => {
  const token = await tokenOf(await createSetupLink())
  await completeSetup({ ...answers, token })
  await expect(completeSetup({ ...answers, email: 'eve@example.org', token })).rejects.toMatchObject({
    code: 'setup-link-invalid',
  })
  expect(await createSetupLink()).toBeNull()
  expect(await database().user.count()).toBe(1)
})

test('of several people at once exactly one becomes the owner', async () => {
  const token = await tokenOf(await createSetupLink())
  const tries = Array.from({ length: 8 }, (_, index) =>
    completeSetup({ ...answers, email: `person${index}@example.org`, token }),
  )
  const outcomes = await Promise.allSettled(tries)
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1)
  expect(await database().user.count()).toBe(1)
  expect(await database().organization.count()).toBe(1)
})

test('looking at the link changes nothing, however often', async () => {
  const token = await tokenOf(await createSetupLink())
  for (let look = 0; look < 3; look += 1) expect(await setupLinkIsOpen(token)).toBe(true)
  await completeSetup({ ...answers, token })
  expect(await setupLinkIsOpen(token)).toBe(false)
})

test('a new link makes the old one useless, and a day makes any link useless', async () => {
  const old = await tokenOf(await createSetupLink())
  const token = await tokenOf(await createSetupLink())
  await expect(completeSetup({ ...answers, token: old })).rejects.toMatchObject({ code: 'setup-link-invalid' })
  const tomorrow = new Date(Date.now() + DAY_MS + 1000)
  await expect(completeSetup({ ...answers, token }, tomorrow)).rejects.toMatchObject({ code: 'setup-link-invalid' })
  expect(await database().user.count()).toBe(0)
})

test('a refused password leaves the link usable', async () => {
  const token = await tokenOf(await createSetupLink())
  await expect(completeSetup({ ...answers, password: 'short', token })).rejects.toMatchObject({ code: 'weak-password' })
  await completeSetup({ ...answers, token })
})

test('the database does not hold the token', async () => {
  const token = await tokenOf(await createSetupLink())
  const rows = await database().setupLink.findMany()
  expect(JSON.stringify(rows)).not.toContain(token)
})
