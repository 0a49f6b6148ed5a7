import { z } from 'zod'
import type { Role, Scope } from '#server/auth/model'
import { databaseNow } from '#server/platform/database/clock'
import type { Prisma } from '#server/platform/database/generated/client'
import { reader } from '#server/platform/database/transaction'
import { DecisionError } from './errors'
import { answerRoleOf, type Blocks, blocksSchema, type Prediction, predictionSchema } from './model'
import { blocksOf } from './rules/blocks'
import { isAsked } from './rules/lifecycle'
import { byWaitingCost } from './rules/order'
import { rankedTasks } from './situation'

export interface OptionView {
  id: string
  label: string
  consequence: string
  reversible: boolean | null
  /** What choosing it changes: millionths of a US dollar, milliseconds; null when nobody knows. */
  costMicroUsd: number | null
  timeMs: number | null
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
  /** When the default is taken, or the question expires. */
  deadline: Date | null
  /** Since when the deadline's clock stands still, and who stopped it. */
  heldAt: Date | null
  heldBy: string
  status: string
  version: number
  answer: string | null
  comment: string
  answeredBy: string
  answeredAt: Date | null
  answeredVia: string
  /** From when the answer counts, and until when it may be taken back. */
  effectiveAt: Date | null
  undoUntil: Date | null
  assigneeId: string | null
  assigneeName: string
  /** Who goes on after the answer, in words. */
  resumes: string
  prediction: Prediction | null
  /** False when it was put to other people than the one who looks. */
  asked: boolean
  /** The lowest role that may answer. */
  answerRole: Role
  /** Until when the one who looks does not want to see it. */
  snoozedUntil: Date | null
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
  /** Requirements whose plan can't be made before the answer: none of their tasks exists yet. */
  blockedPlans: number
  /** The same with the time behind it. */
  blocks: Blocks
}

export interface DecisionFilter {
  projectId?: string
  requirementId?: string
  taskId?: string
}

/**
 * Open decisions, the costliest wait first (rules/order). Of a requirement or task also those its runs wait for: the
 * question at the wall of a wider budget belongs to no requirement, and holds up several.
 */
export async function openDecisions(scope: Scope, filter: DecisionFilter, now: Date): Promise<DecisionView[]> {
  const { organizationId } = scope
  const waited = await waitedFor(organizationId, filter)
  const about = waited.length > 0 ? { OR: [filter, { id: { in: waited } }] } : filter
  const rows = await reader().decision.findMany({
    where: { ...about, organizationId, status: 'open' },
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

const number = z
  .number()
  .nullish()
  .transform((value) => value ?? null)
  .catch(null)
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
      costMicroUsd: number,
      timeMs: number,
    }),
  )
  .catch([])

async function toViews(scope: Scope, rows: Prisma.DecisionModel[]): Promise<DecisionView[]> {
  if (rows.length === 0) return []
  const { organizationId } = scope
  const requirementIds = [...new Set(rows.flatMap((row) => row.requirementId ?? []))]
  const waiting = await runsWaitingFor(organizationId, rows)
  const [projects, requirements, tasks, planned, snoozes] = await Promise.all([
    reader().project.findMany({
      where: { organizationId, id: { in: rows.map((row) => row.projectId) } },
      select: { id: true, name: true, providerMode: true },
    }),
    reader().requirement.findMany({
      where: { organizationId, id: { in: requirementIds } },
      select: { id: true, title: true, number: true },
    }),
    rankedTasks(reader(), [...new Set([...requirementIds, ...waiting.map((run) => run.requirementId)])]),
    plannedTasks(organizationId, requirementIds),
    snoozesOf(scope, rows),
  ])
  return rows.map((row) => {
    const project = projects.find((entry) => entry.id === row.projectId)
    const requirement = requirements.find((entry) => entry.id === row.requirementId)
    const task = tasks.find((entry) => entry.id === row.taskId)
    const open = row.status === 'open'
    const held = waiting.filter((run) => run.waitsFor === row.id)
    const blocks = open ? blockedNow(row, { tasks, planned, waiting: held }) : blocksSchema.parse({})
    return {
      ...shown(row),
      options: options.parse(row.options),
      prediction: predictionSchema.nullable().catch(null).parse(row.prediction),
      asked: isAsked({ answerRole: answerRoleOf(row.answerRole), answererIds: row.answererIds }, scope),
      answerRole: answerRoleOf(row.answerRole),
      snoozedUntil: snoozes.get(row.id) ?? null,
      projectName: project?.name ?? '',
      providerMode: project?.providerMode ?? '',
      requirementTitle: requirement?.title ?? null,
      requirementNumber: requirement?.number ?? null,
      taskRef: task?.ref ?? null,
      taskTitle: task?.title ?? null,
      blockedTasks: blocks.tasks,
      blockedPlans: open ? blockedPlans(row, blocks, held) : 0,
      blocks,
    }
  })
}

/** What of a row people get to see as it is. */
function shown(row: Prisma.DecisionModel) {
  const { id, kind, question, why, recommended, recommendedWhy, defaultOption, deadline, heldAt, heldBy } = row
  const { status, version, answer, comment, answeredBy, answeredAt, answeredVia, effectiveAt, undoUntil } = row
  const { assigneeId, assigneeName, resumes, createdAt, projectId, requirementId, taskId, runId } = row
  return {
    ...{ id, kind, question, why, recommended, recommendedWhy, defaultOption, deadline, heldAt, heldBy },
    ...{ status, version, answer, comment, answeredBy, answeredAt, answeredVia, effectiveAt, undoUntil },
    ...{ assigneeId, assigneeName, resumes, createdAt, projectId, requirementId, taskId, runId },
  }
}

async function snoozesOf(scope: Scope, rows: Prisma.DecisionModel[]): Promise<Map<string, Date>> {
  if (scope.actor.kind !== 'user' || !scope.actor.id) return new Map()
  const snoozes = await reader().decisionSnooze.findMany({
    where: {
      userId: scope.actor.id,
      decisionId: { in: rows.map((row) => row.id) },
      until: { gt: await databaseNow(reader()) },
    },
  })
  return new Map(snoozes.map((snooze) => [snooze.decisionId, snooze.until]))
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

type RankedTask = Awaited<ReturnType<typeof rankedTasks>>[number]

interface WaitingRun {
  waitsFor: string | null
  requirementId: string
  /** null: it makes the plan */
  taskId: string | null
}

/** The runs that stand still for one of these decisions. */
function runsWaitingFor(organizationId: string, rows: Prisma.DecisionModel[]): Promise<WaitingRun[]> {
  return reader().run.findMany({
    where: { organizationId, status: 'asking', waitsFor: { in: rows.map((row) => row.id) } },
    select: { waitsFor: true, requirementId: true, taskId: true },
  })
}

/** Questions without whose answer no plan is made, when there is none yet. */
const aboutPlanning = new Set(['plan_failed', 'no_agent'])

function blockedPlans(
  row: { kind: string; taskId: string | null; requirementId: string | null },
  blocks: Blocks,
  waiting: WaitingRun[],
): number {
  const planning = waiting.filter((run) => run.taskId === null).map((run) => run.requirementId)
  const own = row.requirementId && row.taskId === null && blocks.tasks === 0 && aboutPlanning.has(row.kind)
  return new Set([...planning, ...(own ? [row.requirementId] : [])]).size
}

/** Ids of decisions that the runs of a requirement or task wait for. */
async function waitedFor(organizationId: string, { requirementId, taskId }: DecisionFilter): Promise<string[]> {
  if (!requirementId && !taskId) return []
  const runs = await reader().run.findMany({
    where: { organizationId, requirementId, taskId, status: 'asking', waitsFor: { not: null } },
    select: { waitsFor: true },
  })
  return runs.flatMap((run) => run.waitsFor ?? [])
}

/**
 * A decision about a task holds up what depends on it; one about a requirement holds up all of its unfinished tasks;
 * one about neither holds up the tasks whose runs wait for it, with what depends on them.
 */
function blockedNow(
  row: { taskId: string | null; requirementId: string | null },
  facts: { tasks: RankedTask[]; planned: Map<string, number>; waiting: WaitingRun[] },
): Blocks {
  const { tasks, planned, waiting } = facts
  if (row.requirementId === null) {
    const ids = waiting.flatMap((run) => run.taskId ?? [])
    const concerned = new Set(waiting.map((run) => run.requirementId))
    const blocks = blocksOf(
      ids,
      tasks.filter((task) => concerned.has(task.requirementId)),
    )
    // Refs and paths are those of one requirement: over several they would tell nothing.
    return concerned.size > 1 ? { ...blocks, refs: [], pathMs: null, slackMs: null } : blocks
  }
  const blocks = blocksOf(
    row.taskId,
    tasks.filter((task) => task.requirementId === row.requirementId),
  )
  return blocks.tasks > 0 ? blocks : { ...blocks, tasks: planned.get(row.requirementId) ?? 0 }
}
