import type { Scope } from '#server/auth/model'
import { cleanText } from '#server/kernel/clean-text'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { type ChangeProject, type CreateProject, createProjectInput, type ProjectSummary } from './model'
import { projectNotFound, summaryOf } from './queries'
import { insertProject, lockProject, saveSettings, takenSlugs } from './repository'
import { freeSlug, slugOf } from './rules'

/** Makes a project. Its git workspace is made by the engine when the first requirement needs it. */
export async function createProject(scope: Scope, given: CreateProject): Promise<ProjectSummary> {
  const { name: asked, providerMode, planApproval } = createProjectInput.parse(given)
  const { organizationId, actor } = scope
  const name = cleanText(asked)
  return transaction(async (tx) => {
    const slug = freeSlug(slugOf(name), await takenSlugs(tx, organizationId))
    const createdById = actor.kind === 'user' ? actor.id : null
    const row = await insertProject(tx, { organizationId, name, slug, providerMode, planApproval, createdById })
    const payload = { name, slug, providerMode, planApproval }
    await append(tx, scope, [{ type: 'project.created', projectId: row.id, payload }])
    return summaryOf(row)
  })
}

/** Changes what was given and leaves the rest. @throws ProjectError project-not-found */
export async function changeProject(scope: Scope, { projectId, ...given }: ChangeProject): Promise<ProjectSummary> {
  return transaction(async (tx) => {
    const row = await lockProject(tx, scope.organizationId, projectId)
    if (!row) throw projectNotFound()
    const { name, providerMode, planApproval, riskyCalls, maxConcurrentRuns } = summaryOf(row)
    const before = { name, providerMode, planApproval, riskyCalls, maxConcurrentRuns }
    const after = {
      name: cleanText(given.name ?? name),
      providerMode: given.providerMode ?? providerMode,
      planApproval: given.planApproval ?? planApproval,
      riskyCalls: given.riskyCalls ?? riskyCalls,
      maxConcurrentRuns: given.maxConcurrentRuns === undefined ? maxConcurrentRuns : given.maxConcurrentRuns,
    }
    if (JSON.stringify(before) === JSON.stringify(after)) return summaryOf(row)
    const saved = await saveSettings(tx, projectId, after)
    const most = after.maxConcurrentRuns
    const limit = { type: 'project-limit.changed', projectId, payload: { name: after.name, maxConcurrentRuns: most } }
    await append(tx, scope, [
      { type: 'project.changed', projectId, payload: { ...after, before } },
      ...(most === maxConcurrentRuns ? [] : [limit]),
    ])
    return summaryOf(saved)
  })
}
