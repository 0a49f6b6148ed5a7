import { z } from 'zod'
import type { Scope } from '#server/auth/model'
import { reader } from '#server/platform/database/transaction'
import { ProjectError } from './errors'
import { type ProjectSummary, planApprovalSchema, projectModeSchema, riskyCallsSchema } from './model'

interface ProjectRow {
  id: string
  name: string
  slug: string
  providerMode: string
  planApproval: string
  riskyCalls: string
  maxConcurrentRuns: number | null
  createdAt: Date
}

export function summaryOf({ id, name, slug, createdAt, ...row }: ProjectRow): ProjectSummary {
  const settings = {
    providerMode: projectModeSchema.parse(row.providerMode),
    planApproval: planApprovalSchema.parse(row.planApproval),
    riskyCalls: riskyCallsSchema.parse(row.riskyCalls),
    maxConcurrentRuns: row.maxConcurrentRuns,
  }
  return { id, name, slug, ...settings, createdAt }
}

export function projectNotFound(): ProjectError {
  return new ProjectError({
    code: 'project-not-found',
    kind: 'not-found',
    message: 'There is no such project here. It may have been removed, or the address is incomplete.',
  })
}

/** Every project of the organization, by name. */
export async function listProjects(scope: Scope): Promise<ProjectSummary[]> {
  const rows = await reader().project.findMany({
    where: { organizationId: scope.organizationId },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
  })
  return rows.map(summaryOf)
}

/** @param idOrSlug programs may use either @throws ProjectError project-not-found */
export async function findProject(scope: Scope, idOrSlug: string): Promise<ProjectSummary> {
  const key = z.uuid().safeParse(idOrSlug).success ? { id: idOrSlug } : { slug: idOrSlug }
  const row = await reader().project.findFirst({ where: { ...key, organizationId: scope.organizationId } })
  if (!row) throw projectNotFound()
  return summaryOf(row)
}
