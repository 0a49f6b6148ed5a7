import type { Scope } from '#server/auth/model'
import { reader } from '#server/platform/database/transaction'
import { RequirementError } from './errors'
import { type StatementTotals, statementTotals, totalsInWords } from './rules/totals'

export interface ProjectView {
  id: string
  name: string
  /** scripted | live */
  providerMode: string
}

export interface RequirementRow {
  id: string
  projectId: string
  number: number
  title: string
  status: string
  statusReason: string
  createdAt: Date
  closedAt: Date | null
  totals: StatementTotals
  totalsInWords: string
}

interface StatementView {
  ref: string
  text: string
  kind: string
  section: string
  outcome: string
  outcomeReason: string
}

export interface RequirementView extends RequirementRow {
  text: string
  submittedBy: string | null
  project: ProjectView
  statements: StatementView[]
}

/** A project as the pages of its requirements head it. @throws RequirementError requirement-not-found */
export async function projectHeading(scope: Scope, projectId: string): Promise<ProjectView> {
  const project = await reader().project.findFirst({
    where: { id: projectId, organizationId: scope.organizationId },
    select: { id: true, name: true, providerMode: true },
  })
  if (project) return project
  throw new RequirementError({
    code: 'requirement-not-found',
    kind: 'not-found',
    message: 'There is no such project here. It may have been removed, or the address is incomplete.',
  })
}

const rowFields = {
  id: true,
  projectId: true,
  number: true,
  title: true,
  status: true,
  statusReason: true,
  createdAt: true,
  closedAt: true,
} as const

/** The newest `limit` requirements of a project, newest first. @throws RequirementError requirement-not-found */
export async function listRequirements(scope: Scope, projectId: string, limit = 200): Promise<RequirementRow[]> {
  await projectHeading(scope, projectId)
  const rows = await reader().requirement.findMany({
    where: { projectId, organizationId: scope.organizationId },
    select: { ...rowFields, statements: { select: { kind: true, outcome: true } } },
    orderBy: { number: 'desc' },
    take: limit,
  })
  return rows.map(({ statements, ...row }) => ({ ...row, ...counted(statements) }))
}

/** One requirement with its statements in the order of the text. @throws RequirementError requirement-not-found */
export async function findRequirement(scope: Scope, requirementId: string): Promise<RequirementView> {
  const found = await reader().requirement.findFirst({
    where: { id: requirementId, organizationId: scope.organizationId },
    select: {
      ...rowFields,
      text: true,
      submittedById: true,
      project: { select: { id: true, name: true, providerMode: true } },
      statements: {
        select: { ref: true, text: true, kind: true, section: true, outcome: true, outcomeReason: true },
        orderBy: { position: 'asc' },
      },
    },
  })
  if (!found) {
    throw new RequirementError({
      code: 'requirement-not-found',
      kind: 'not-found',
      message: 'There is no such requirement here. It may have been removed, or the address is incomplete.',
    })
  }
  const { submittedById, ...view } = found
  return { ...view, ...counted(view.statements), submittedBy: await nameOf(scope, submittedById) }
}

function counted(statements: { kind: string; outcome: string }[]) {
  const totals = statementTotals(statements)
  return { totals, totalsInWords: totalsInWords(totals) }
}

async function nameOf(scope: Scope, userId: string | null): Promise<string | null> {
  if (!userId) return null
  const member = await reader().member.findFirst({
    where: { userId, organizationId: scope.organizationId },
    select: { user: { select: { name: true, email: true } } },
  })
  return member ? (member.user.name ?? member.user.email) : null
}
