import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAgent } from '#server/agents/commands'
import { createApiToken } from '#server/api-keys/commands'
import { personScope, systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { changeBudget } from '#server/budgets/commands'
import { answerDecision } from '#server/decisions/commands'
import { database } from '#server/platform/database/client'
import { createProject } from '#server/projects/commands'
import { cancelRequirement } from '#server/requirements/commands'
import { isClosed, type RequirementStatus } from '#server/requirements/model'
import { defaultAgents } from '#server/setup/rules'
import type { World } from './world'

/** More than any fault needs; what is counted against it has to be right to the token. */
const BUDGET_TOKENS = 50_000_000

/** An organization of its own for each fault: what is counted in it was caused by that fault alone. */
export interface Tenant {
  scope: Scope
  organizationId: string
  projectId: string
  token: string
  /** requirements that a web server said yes to */
  accepted: string[]
  /** what the fault itself breaks off: it need not have been done */
  mayEnd: RequirementStatus[]
}

export async function makeTenant(planApproval: 'automatic' | 'ask' = 'automatic'): Promise<Tenant> {
  const slug = `faults-${randomUUID().slice(0, 8)}`
  const { id: organizationId } = await database().organization.create({ data: { name: slug, slug } })
  const scope = systemScope(organizationId)
  for (const agent of defaultAgents) await createAgent(scope, agent)
  const project = await createProject(scope, { name: slug, providerMode: 'scripted' })
  await database().project.update({ where: { id: project.id }, data: { planApproval } })
  await changeBudget(scope, { level: 'organization', ownerId: organizationId, tokens: BUDGET_TOKENS })
  const { token } = await makePerson(organizationId)
  return { scope, organizationId, projectId: project.id, token, accepted: [], mayEnd: ['done'] }
}

/** A person who may answer and submit, with a token. */
export async function makePerson(organizationId: string): Promise<{ scope: Scope; token: string; name: string }> {
  const name = `Person ${randomUUID().slice(0, 8)}`
  const user = await database().user.create({
    data: { email: `${name.slice(7)}@example.org`, name, members: { create: { organizationId, role: 'admin' } } },
  })
  const scope = await personScope(user.id, organizationId)
  const { token } = await createApiToken(scope, { name, scopes: ['read', 'write', 'decide'], expiresInDays: null })
  return { scope, token, name }
}

/** Small, and it passes through everything: plan, two tasks, commands in the sandbox, review, merge, verification. */
const SMALL = "# Slugs\n\n- `slugify('Hello World')` returns `'hello-world'`.\n"

export function post(address: string, path: string, token: string, body: unknown): Promise<Response> {
  return fetch(`${address}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

/** Submits over HTTP and remembers that it was accepted. @throws when the server did not say yes */
export async function submit(world: World, tenant: Tenant, text = SMALL, web = 0): Promise<string> {
  const response = await post(await world.webAddress(web), '/api/requirements', tenant.token, { text })
  if (response.status !== 201) throw new Error(`not accepted: ${response.status} ${await response.text()}`)
  const { id } = (await response.json()) as { id: string }
  tenant.accepted.push(id)
  return id
}

/** Looks every 25 ms until there is something to see. @throws naming what was waited for */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  limitMs = 120_000,
): Promise<T> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const seen = await look().catch(() => null) // the database may be away: that is what faults are about
    if (seen) return seen
    if (performance.now() > deadline) throw new Error(`not within ${limitMs / 1000} s: ${what}`)
    await sleep(25)
  }
}

/** Takes the recommended option of every open decision, as somebody who is always there. */
async function answerAll(tenant: Tenant): Promise<void> {
  const open = await database().decision.findMany({ where: { organizationId: tenant.organizationId, status: 'open' } })
  for (const { id, recommended } of open) {
    if (recommended) await answerDecision(tenant.scope, { decisionId: id, option: recommended, comment: '' })
  }
}

/** Waits until everything that was accepted has ended. @returns milliseconds */
export async function converged(tenants: Tenant[], limitMs = 240_000): Promise<number> {
  const begin = performance.now()
  const ids = tenants.flatMap(({ accepted }) => accepted)
  await until(
    `the end of ${ids.length} requirements`,
    async () => {
      for (const tenant of tenants) await answerAll(tenant)
      const rows = await database().requirement.findMany({ where: { id: { in: ids } }, select: { status: true } })
      return rows.length === ids.length && rows.every(({ status }) => isClosed(status as RequirementStatus))
    },
    limitMs,
  )
  return performance.now() - begin
}

/** Stops what was only submitted to see that it is taken in. */
export async function cancelAll(tenant: Tenant): Promise<void> {
  tenant.mayEnd = ['cancelled', 'done', 'partly_done', 'failed']
  const rows = await database().requirement.findMany({ where: { organizationId: tenant.organizationId } })
  for (const { id, status } of rows) {
    if (!isClosed(status as RequirementStatus)) await cancelRequirement(tenant.scope, { requirementId: id })
  }
}
