import type { Transaction } from '#server/platform/database/transaction'
import type { PlanApproval, ProjectMode, RiskyCalls } from './model'

export interface ProjectSettings {
  name: string
  providerMode: ProjectMode
  planApproval: PlanApproval
  riskyCalls?: RiskyCalls
  maxConcurrentRuns?: number | null
}

/** Slugs in use, read under the organization's row lock so that two projects made at once get different ones. */
export async function takenSlugs(tx: Transaction, organizationId: string): Promise<Set<string>> {
  await tx.$queryRaw`select id from "Organization" where id = ${organizationId}::uuid for update`
  const rows = await tx.project.findMany({ where: { organizationId }, select: { slug: true } })
  return new Set(rows.map((row) => row.slug))
}

export function insertProject(
  tx: Transaction,
  row: ProjectSettings & { organizationId: string; slug: string; createdById: string | null },
) {
  return tx.project.create({ data: row })
}

export async function lockProject(tx: Transaction, organizationId: string, id: string) {
  await tx.$queryRaw`select id from "Project" where id = ${id}::uuid and "organizationId" = ${organizationId}::uuid for update`
  return tx.project.findFirst({ where: { id, organizationId } })
}

export function saveSettings(tx: Transaction, id: string, settings: ProjectSettings) {
  return tx.project.update({ where: { id }, data: settings })
}
