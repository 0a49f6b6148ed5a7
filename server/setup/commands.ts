import { createAgent } from '#server/agents/commands'
import { revokeTokensOf } from '#server/api-keys/commands'
import { refuseWeakPassword, removeMember } from '#server/auth/commands'
import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { normalizePassword } from '#server/auth/rules/password'
import { setupLinkInvalid, setupLinkIsOpen, takeSetupLink } from '#server/auth/setup'
import { cleanText } from '#server/kernel/clean-text'
import { hashPassword } from '#server/platform/crypto/password'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { createProject } from '#server/projects/commands'
import { slugOf } from '#server/projects/rules'
import { suggestedMode } from '#server/secrets/queries'
import { type CompleteSetup, completeSetupInput, type SetupResult } from './model'
import { adopt, findOwnerless, firstProject, insertOrganization, insertOwner } from './repository'
import { defaultAgents } from './rules'

/**
 * Uses the link: the owner's account, the organization, its five agents and the first project, all or nothing.
 * @throws AuthError setup-link-invalid (used, expired, replaced, or somebody was first), weak-password
 */
export async function completeSetup(given: CompleteSetup, now = new Date()): Promise<SetupResult> {
  const input = completeSetupInput.parse(given)
  // Before the costly hash, so that guessing links is not a way to make the server work.
  if (!(await setupLinkIsOpen(input.token, now))) throw setupLinkInvalid()
  refuseWeakPassword(input.password, input.email)
  const passwordHash = await hashPassword(normalizePassword(input.password))
  return transaction(async (tx) => {
    await takeSetupLink(tx, input.token, now)
    const owner = await insertOwner(tx, { email: input.email, name: cleanText(input.name), passwordHash })
    const name = cleanText(input.organizationName)
    const demo = await findOwnerless(tx)
    if (demo) await adopt(tx, demo.id, { name, ownerId: owner.id })
    const organization = demo ?? (await insertOrganization(tx, { name, slug: slugOf(name), ownerId: owner.id }))
    const scope = systemScope(organization.id, { kind: 'user', id: owner.id, name: owner.name ?? owner.email })
    if (!demo) await foundOrganization(tx, scope, name)
    const providerMode = input.providerMode ?? (await suggestedMode(scope))
    const project = await createProject(scope, { name: input.projectName, providerMode })
    return { userId: owner.id, organizationId: organization.id, projectId: project.id }
  })
}

async function foundOrganization(tx: Transaction, scope: Scope, name: string): Promise<void> {
  await append(tx, scope, [{ type: 'organization.created', payload: { name } }])
  for (const agent of defaultAgents) await createAgent(scope, agent)
}

/**
 * Where the demo works: the first project that was made here; on a fresh installation an organization without people,
 * which the first owner gets with everything in it.
 */
export async function ensureDemoProject(): Promise<{ scope: Scope; projectId: string; scripted: boolean }> {
  return transaction(async (tx) => {
    const existing = await firstProject(tx)
    if (existing) {
      const scope = systemScope(existing.organizationId)
      return { scope, projectId: existing.id, scripted: existing.providerMode === 'scripted' }
    }
    const organization = (await findOwnerless(tx)) ?? (await insertOrganization(tx, { name: 'Acme', slug: 'acme' }))
    const scope = systemScope(organization.id)
    await foundOrganization(tx, scope, 'Acme')
    const project = await createProject(scope, { name: 'Demo', providerMode: await suggestedMode(scope) })
    return { scope, projectId: project.id, scripted: project.providerMode === 'scripted' }
  })
}

/**
 * Takes a person out of the organization, with their API tokens and the invites they made. From their next request on
 * nothing here answers them.
 * @throws AuthError member-not-found, role-above-own, last-owner, person-needed
 */
export function removePerson(scope: Scope, userId: string, now = new Date()): Promise<void> {
  return removeMember(scope, userId, (tx) => revokeTokensOf(tx, scope, userId, now), now)
}
