import { z } from 'zod'
import type { Scope } from '#server/auth/model'
import type { Prisma } from '#server/platform/database/generated/client'
import { reader } from '#server/platform/database/transaction'
import { DecisionError } from './errors'
import { byWaitingCost, type Held, heldBy } from './rules/order'

export interface OptionView {
  id: string
  label: string
  consequence: string
  reversible: boolean | null
}

export interface DecisionView {
  id: string
  kind: string
  question: string
  why: string
  options: OptionView[]
  recommended: string | null
  recommendedWhy: string
  defaultOption: string | null
  deadline: Date | null
  status: string
  answer: string | null
  comment: string
  answeredBy: string
  answeredAt: Date | null
  createdAt: Date
  projectId: string
  projectName: string
  providerMode: string
  requirementId: string | null
  requirementTitle: string | null
  requirementNumber: number | null
  taskId: string | null
  taskRef: string | null
  taskTitle: string | null
  runId: string | null
  /** Unfinished tasks that wait for the answer. */
  blockedTasks: number
}

export interface DecisionFilter {
  projectId?: string
  requirementId?: string
  taskId?: string
}

/** Open decisions, the costliest wait first (rules/order). */
export async function openDecisions(scope: Scope, filter: DecisionFilter, now: Date): Promise<DecisionView[]> {
  const rows = await reader().decision.findMany({
    where: { ...filter, organizationId: scope.organizationId, status: 'open' },
    orderBy: { createdAt: 'asc' },
    take: 500,
  })
  return byWaitingCost(await toViews(scope, rows), now)
}

/** The latest `limit` decisions that need nobody any more, newest first. */
export async function closedDecisions(scope: Scope, filter: DecisionFilter, limit = 50): Promise<DecisionView[]> {
  const rows = await reader().decision.findMany({
    where: { ...filter, organizationId: scope.organizationId, status: { not: 'open' } },
    orderBy: [{ answeredAt: { sort: 'desc', nulls: 'last' } }, { createdAt: 'desc' }],
    take: limit,
  })
  return toViews(scope, rows)
}

/** How many decisions wait, for the badge in the navigation. */
export function countOpenDecisions(scope: Scope): Promise<number> {
  return reader().decision.count({ where: { organizationId: scope.organizationId, status: 'open' } })
}

/** @throws DecisionError decision-not-found */
export async function findDecision(scope: Scope, decisionId: string): Promise<DecisionView> {
  const row = await reader().decision.findFirst({ where: { id: decisionId, organizationId: scope.organizationId } })
  const [view] = row ? await toViews(scope, [row]) : []
  if (view) return view
  throw new DecisionError({
    code: 'decision-not-found',
    kind: 'not-found',
    message: 'There is no such decision here. The link may be incomplete, or it belongs to another organization.',
  })
}

const options = z
  .array(
    z.object({
      id: z.string(),
      label: z.string(),
      consequence: z.string().catch(''),
      reversible: z
        .boolean()
        .nullish()
        .transform((value) => value ?? null)
        .catch(null),
    }),
  )
  .catch([])

async function toViews(scope: Scope, rows: Prisma.DecisionModel[]): Promise<DecisionView[]> {
  if (rows.length === 0) return []
  const { organizationId } = scope
  const requirementIds = [...new Set(rows.flatMap((row) => row.requirementId ?? []))]
  const [projects, requirements, tasks, planned] = await Promise.all([
    reader().project.findMany({
      where: { organizationId, id: { in: rows.map((row) => row.projectId) } },
      select: { id: true, name: true, providerMode: true },
    }),
    reader().requirement.findMany({
      where: { organizationId, id: { in: requirementIds } },
      select: { id: true, title: true, number: true },
    }),
    tasksOf(organizationId, requirementIds),
    plannedTasks(organizationId, requirementIds),
  ])
  return rows.map((row) => {
    const project = projects.find((entry) => entry.id === row.projectId)
    const requirement = requirements.find((entry) => entry.id === row.requirementId)
    const task = tasks.find((entry) => entry.id === row.taskId)
    const { organizationId: _organization, dedupeKey: _key, answeredById: _person, ...shown } = row
    return {
      ...shown,
      options: options.parse(row.options),
      projectName: project?.name ?? '',
      providerMode: project?.providerMode ?? '',
      requirementTitle: requirement?.title ?? null,
      requirementNumber: requirement?.number ?? null,
      taskRef: task?.ref ?? null,
      taskTitle: task?.title ?? null,
      blockedTasks: row.status === 'open' ? blocked(row, tasks) || (planned.get(row.requirementId ?? '') ?? 0) : 0,
    }
  })
}

interface TaskOfRequirement extends Held {
  requirementId: string
  ref: string
  title: string
}

async function tasksOf(organizationId: string, requirementIds: string[]): Promise<TaskOfRequirement[]> {
  const rows = await reader().task.findMany({
    where: {
      organizationId,
      requirementId: { in: requirementIds },
      plan: { status: { in: ['proposed', 'accepted'] } },
    },
    select: {
      id: true,
      requirementId: true,
      ref: true,
      title: true,
      status: true,
      dependsOn: { select: { dependsOnId: true } },
    },
  })
  return rows.map(({ status, dependsOn, ...row }) => ({
    ...row,
    finished: status === 'done' || status === 'failed' || status === 'cancelled',
    dependsOn: dependsOn.map((edge) => edge.dependsOnId),
  }))
}

/** How many tasks a plan that waits for approval would make. */
async function plannedTasks(organizationId: string, requirementIds: string[]): Promise<Map<string, number>> {
  const plans = await reader().plan.findMany({
    where: { organizationId, requirementId: { in: requirementIds }, status: 'proposed' },
    select: { requirementId: true, content: true },
  })
  const content = z.object({ tasks: z.array(z.unknown()) }).catch({ tasks: [] })
  return new Map(plans.map((plan) => [plan.requirementId, content.parse(plan.content).tasks.length]))
}

/** A decision about a task holds up what depends on it; one about a requirement holds up all of its unfinished tasks. */
function blocked(row: { taskId: string | null; requirementId: string | null }, tasks: TaskOfRequirement[]): number {
  const own = tasks.filter((task) => task.requirementId === row.requirementId)
  if (row.taskId) return heldBy(row.taskId, own).length
  return own.filter((task) => !task.finished).length
}
