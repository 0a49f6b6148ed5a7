import { createAgent } from '#server/agents/commands'
import { refuseWeakPassword } from '#server/auth/commands'
import { systemScope } from '#server/auth/gate'
import { normalizePassword } from '#server/auth/rules/password'
import { setupLinkInvalid, setupLinkIsOpen, takeSetupLink } from '#server/auth/setup'
import { cleanText } from '#server/kernel/clean-text'
import { hashPassword } from '#server/platform/crypto/password'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { createProject } from '#server/projects/commands'
import { slugOf } from '#server/projects/rules'
import { suggestedMode } from '#server/secrets/queries'
import { type CompleteSetup, completeSetupInput, type SetupResult } from './model'
import { insertOrganization, insertOwner } from './repository'
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
    const organization = await insertOrganization(tx, { name, slug: slugOf(name), ownerId: owner.id })
    const scope = systemScope(organization.id, { kind: 'user', id: owner.id, name: owner.name ?? owner.email })
    await append(tx, scope, [{ type: 'organization.created', payload: { name } }])
    for (const agent of defaultAgents) await createAgent(scope, agent)
    const providerMode = input.providerMode ?? (await suggestedMode(scope))
    const project = await createProject(scope, { name: input.projectName, providerMode })
    return { userId: owner.id, organizationId: organization.id, projectId: project.id }
  })
}
