/** What tests of the wires begin with: organizations with a person in each role, their sessions and tokens. */
import { randomBytes, randomUUID } from 'node:crypto'
import { encode } from 'next-auth/jwt'
import { createApiToken } from '#server/api-keys/commands'
import type { TokenScope } from '#server/api-keys/model'
import { personScope } from '#server/auth/gate'
import { type Role, roles, type Scope } from '#server/auth/model'
import { SESSION_SECONDS } from '#server/auth/session'
import { database } from '#server/platform/database/client'
import { authEnvironment } from '#server/platform/env/auth'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { createProject } from '#server/projects/commands'

setEnvironmentVariable('NEXTAUTH_SECRET', randomBytes(32).toString('base64'))
setEnvironmentVariable('NEXTAUTH_URL', 'http://localhost:3000')
setEnvironmentVariable('ORCHESTRATOR_KEY', randomBytes(32).toString('base64'))
setEnvironmentVariable('LOG_LEVEL', 'silent')
for (const name of ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'DEEPSEEK_API_KEY']) setEnvironmentVariable(name, undefined)

export interface TestPerson {
  userId: string
  email: string
  scope: Scope
  /** Headers of a request from this person's browser, sent by our own page. */
  headers: Record<string, string>
}

export interface TestOrganization {
  organizationId: string
  projectId: string
  people: Record<Role, TestPerson>
}

export async function makeOrganization(name = 'Acme'): Promise<TestOrganization> {
  const slug = `${name.toLowerCase()}-${randomUUID().slice(0, 8)}`
  const { id: organizationId } = await database().organization.create({ data: { name, slug } })
  const people = {} as Record<Role, TestPerson>
  for (const role of roles) people[role] = await makePerson(organizationId, role)
  const project = await createProject(people.owner.scope, { name: `${name} project`, providerMode: 'scripted' })
  return { organizationId, projectId: project.id, people }
}

async function makePerson(organizationId: string, role: Role): Promise<TestPerson> {
  const email = `${role}-${randomUUID().slice(0, 8)}@example.org`
  const members = { create: { organizationId, role } }
  const user = await database().user.create({ data: { email, name: `A ${role}`, members } })
  const headers = await sessionHeaders(user.id)
  return { userId: user.id, email, scope: await personScope(user.id, organizationId), headers }
}

/** A session as next-auth makes it, in a request of our own page. */
export async function sessionHeaders(userId: string, given: { version?: number; signedInAt?: number } = {}) {
  const signedInAt = given.signedInAt ?? Math.floor(Date.now() / 1000)
  const token = await encode({
    token: { sub: userId, version: given.version ?? 1, signedInAt },
    secret: authEnvironment().NEXTAUTH_SECRET,
    maxAge: SESSION_SECONDS,
  })
  return {
    cookie: `next-auth.session-token=${token}`,
    host: 'localhost:3000',
    origin: 'http://localhost:3000',
    'sec-fetch-site': 'same-origin',
  }
}

export async function tokenHeaders(maker: TestPerson, scopes: TokenScope[]): Promise<Record<string, string>> {
  const { token } = await createApiToken(maker.scope, { name: 'test', scopes, expiresInDays: null })
  return { authorization: `Bearer ${token}` }
}
