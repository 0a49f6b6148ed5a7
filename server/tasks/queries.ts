import { z } from 'zod'
import type { Scope } from '#server/auth/model'
import { AppError } from '#server/kernel/app-error'
import { reader } from '#server/platform/database/transaction'

/** Who acts next on something unfinished, why, since when, and when somebody steps in at the latest. */
export interface NextActor {
  /** agent | system | timer | person | group */
  kind: string
  name: string
  /** in words, complete */
  reason: string
  since: Date
  deadline: Date
}

export interface TaskNode {
  id: string
  ref: string
  title: string
  kind: string
  capability: string
  status: string
  statusReason: string
  risk: string
  attempt: number
  agentName: string | null
  statementRefs: string[]
  /** Ids of the tasks it waits for. */
  dependsOn: string[]
  startedAt: Date | null
  finishedAt: Date | null
  /** null once nothing will happen to it any more */
  next: NextActor | null
  /** who paused it; null: nobody */
  pausedBy: string | null
  /** its work rests, because it or the whole requirement is paused */
  atRest: boolean
}

export interface TaskProgress {
  requirementId: string
  tasks: number
  done: number
}

/** A task of a plan that nobody has accepted yet. */
interface PlannedTask {
  ref: string
  title: string
  kind: string
  capability: string
  instructions: string
  risk: string
  /** Refs of the tasks it waits for. */
  dependsOn: string[]
  statements: string[]
  commands: string[]
}

export interface PlanView {
  id: string
  revision: number
  status: string
  summary: string
  /** What the system mended by itself before accepting, in words. */
  repairs: string[]
  assumptions: string[]
  tasks: PlannedTask[]
  /** Who wrote the plan, and who made this revision of it by a change. */
  agentName: string | null
  changedBy: string | null
  scripted: boolean
  createdAt: Date
}

interface Candidate {
  name: string
  score: number | null
  facts: string[]
  refusedBecause: string | null
}

/** "Why this agent": what was chosen, because of what, and who else was looked at. */
export interface AssignmentView {
  chosen: string | null
  reasons: string[]
  candidates: Candidate[]
}

export interface TaskLink {
  id: string
  ref: string
  title: string
  status: string
}

interface AcceptanceView {
  id: string
  text: string
  command: string
  proves: string[]
}

export interface TaskView extends TaskNode {
  projectId: string
  requirementId: string
  requirementNumber: number
  requirementTitle: string
  projectName: string
  providerMode: string
  instructions: string
  owns: string[]
  reads: string[]
  acceptance: AcceptanceView[]
  feedback: string
  baseCommit: string | null
  resultCommit: string | null
  mergedCommit: string | null
  assignment: AssignmentView | null
  waitsFor: TaskLink[]
  blocks: TaskLink[]
}

/** Plans that count: tasks of rejected and superseded revisions are history, not work. */
const presentPlan = { status: { in: ['proposed', 'accepted'] } }

const nodeFields = {
  id: true,
  ref: true,
  title: true,
  kind: true,
  capability: true,
  status: true,
  statusReason: true,
  risk: true,
  attempt: true,
  agentId: true,
  statementRefs: true,
  startedAt: true,
  finishedAt: true,
  pausedAt: true,
  pausedBy: true,
  nextActor: true,
  nextActorName: true,
  nextReason: true,
  nextSince: true,
  nextDeadline: true,
  dependsOn: { select: { dependsOnId: true } },
  requirement: { select: { pausedAt: true } },
} as const

/** Who acts next on a requirement, and who paused it. Null for a foreign one. */
export async function requirementNext(
  scope: Scope,
  requirementId: string,
): Promise<{ next: NextActor | null; pausedBy: string | null; pausedAt: Date | null } | null> {
  const row = await reader().requirement.findFirst({
    where: { id: requirementId, organizationId: scope.organizationId },
    select: {
      pausedAt: true,
      pausedBy: true,
      nextActor: true,
      nextActorName: true,
      nextReason: true,
      nextSince: true,
      nextDeadline: true,
    },
  })
  if (!row) return null
  const next = nextOf(row)
  // What has ended is not paused, however it came to its end.
  const pausedAt = next && row.pausedAt
  return { next, pausedAt, pausedBy: pausedAt && (row.pausedBy || 'somebody') }
}

/** The graph of a requirement: its present plan's tasks in plan order. Empty for a foreign or unplanned requirement. */
export async function requirementTasks(scope: Scope, requirementId: string): Promise<TaskNode[]> {
  const rows = await reader().task.findMany({
    where: { requirementId, organizationId: scope.organizationId, plan: presentPlan },
    select: nodeFields,
    orderBy: { position: 'asc' },
  })
  const names = await agentNames(
    scope,
    rows.map((row) => row.agentId),
  )
  return rows.map((row) => toNode(row, names))
}

/** Tasks in all and done, for each given requirement that has tasks. */
export async function taskProgress(scope: Scope, requirementIds: string[]): Promise<TaskProgress[]> {
  const counts = await reader().task.groupBy({
    by: ['requirementId', 'status'],
    where: { requirementId: { in: requirementIds }, organizationId: scope.organizationId, plan: presentPlan },
    _count: { _all: true },
  })
  const progress = new Map<string, TaskProgress>()
  for (const { requirementId, status, _count } of counts) {
    const entry = progress.get(requirementId) ?? { requirementId, tasks: 0, done: 0 }
    entry.tasks += _count._all
    if (status === 'done') entry.done += _count._all
    progress.set(requirementId, entry)
  }
  return [...progress.values()]
}

/** Every revision of a requirement's plan, newest first. */
export async function listPlans(scope: Scope, requirementId: string): Promise<PlanView[]> {
  const where = { requirementId, organizationId: scope.organizationId }
  const [plans, changes] = await Promise.all([
    reader().plan.findMany({ where, orderBy: { revision: 'desc' } }),
    reader().planChange.findMany({ where, select: { fromRevision: true, revision: true, byName: true } }),
  ])
  const names = await agentNames(
    scope,
    plans.map((plan) => plan.agentId),
  )
  return plans.map((plan) => {
    const content = planContent.parse(plan.content)
    return {
      id: plan.id,
      revision: plan.revision,
      status: plan.status,
      summary: plan.summary,
      repairs: words.parse(plan.repairs),
      assumptions: content.assumptions,
      tasks: content.tasks,
      agentName: names.get(plan.agentId ?? '') ?? null,
      changedBy:
        changes.find(({ fromRevision, revision }) => revision === plan.revision && revision !== fromRevision)?.byName ??
        null,
      scripted: plan.scripted,
      createdAt: plan.createdAt,
    }
  })
}

/** One task with everything around it. @throws AppError task-not-found */
export async function findTask(scope: Scope, taskId: string): Promise<TaskView> {
  const link = { id: true, ref: true, title: true, status: true } as const
  const task = await reader().task.findFirst({
    where: { id: taskId, organizationId: scope.organizationId },
    include: {
      dependsOn: { select: { dependsOnId: true, dependsOn: { select: link } } },
      dependants: { select: { task: { select: link } } },
      requirement: {
        select: { pausedAt: true, number: true, title: true, project: { select: { name: true, providerMode: true } } },
      },
    },
  })
  if (!task) {
    throw new AppError({
      code: 'task-not-found',
      kind: 'not-found',
      message: 'There is no such task here. It may belong to an older plan, or the address is incomplete.',
    })
  }
  return {
    ...toNode(task, await agentNames(scope, [task.agentId])),
    projectId: task.projectId,
    requirementId: task.requirementId,
    requirementNumber: task.requirement.number,
    requirementTitle: task.requirement.title,
    projectName: task.requirement.project.name,
    providerMode: task.requirement.project.providerMode,
    instructions: task.instructions,
    owns: task.owns,
    reads: task.reads,
    acceptance: acceptances.parse(task.acceptance),
    feedback: task.feedback,
    baseCommit: task.baseCommit,
    resultCommit: task.resultCommit,
    mergedCommit: task.mergedCommit,
    assignment: task.assignment === null ? null : assignment.parse(task.assignment),
    waitsFor: task.dependsOn.map((edge) => edge.dependsOn),
    blocks: task.dependants.map((edge) => edge.task),
  }
}

// JSON columns are read leniently: a page must show an old row even when its shape has grown since.
const words = z.array(z.string()).catch([])
const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || null)
  .catch(null)
const plannedTask = z
  .object({
    id: z.string(),
    title: z.string().catch(''),
    kind: z.string().catch(''),
    capability: z.string().catch(''),
    instructions: z.string().catch(''),
    risk: z.string().catch('low'),
    dependsOn: words,
    statements: words,
    acceptance: z.array(z.object({ command: z.string() })).catch([]),
  })
  .transform(({ id, acceptance, ...task }) => ({
    ...task,
    ref: id,
    commands: acceptance.map(({ command }) => command),
  }))
const planContent = z
  .object({ assumptions: words, tasks: z.array(plannedTask).catch([]) })
  .catch({ assumptions: [], tasks: [] })
const acceptances = z
  .array(z.object({ id: z.string(), text: z.string(), command: z.string(), proves: words }))
  .catch([])
const assignment = z
  .object({
    agentName: optionalText,
    reasons: words,
    candidates: z
      .array(
        z.object({
          name: z.string(),
          score: z
            .number()
            .nullish()
            .transform((score) => score ?? null),
          facts: words,
          refusedBecause: optionalText,
        }),
      )
      .catch([]),
  })
  .transform(({ agentName, ...rest }) => ({ chosen: agentName, ...rest }))
  .catch({ chosen: null, reasons: [], candidates: [] })

interface NextColumns {
  nextActor: string
  nextActorName: string
  nextReason: string
  nextSince: Date
  nextDeadline: Date
}

/** The columns that each unfinished row has, as pages show them. */
function nextOf(row: NextColumns): NextActor | null {
  if (row.nextActor === 'nobody') return null
  const { nextActor: kind, nextActorName: name, nextReason: reason, nextSince: since, nextDeadline: deadline } = row
  return { kind, name, reason, since, deadline }
}

interface NodeRow extends Omit<TaskNode, 'agentName' | 'dependsOn' | 'next' | 'pausedBy' | 'atRest'>, NextColumns {
  agentId: string | null
  pausedAt: Date | null
  pausedBy: string
  requirement: { pausedAt: Date | null }
  dependsOn: { dependsOnId: string }[]
}

function toNode(row: NodeRow, names: ReadonlyMap<string, string>): TaskNode {
  const isPaused = row.pausedAt !== null && row.nextActor !== 'nobody'
  return {
    id: row.id,
    ref: row.ref,
    title: row.title,
    kind: row.kind,
    capability: row.capability,
    status: row.status,
    statusReason: row.statusReason,
    risk: row.risk,
    attempt: row.attempt,
    agentName: names.get(row.agentId ?? '') ?? null,
    statementRefs: row.statementRefs,
    dependsOn: row.dependsOn.map((edge) => edge.dependsOnId),
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    next: nextOf(row),
    pausedBy: isPaused ? row.pausedBy || 'somebody' : null,
    atRest: isPaused || (row.requirement.pausedAt !== null && working.has(row.status)),
  }
}

/** Statuses in which an agent is at work, unless it is paused. */
const working: ReadonlySet<string> = new Set(['running', 'reviewing'])

async function agentNames(scope: Scope, ids: (string | null)[]): Promise<Map<string, string>> {
  const wanted = [...new Set(ids.filter((id) => id !== null))]
  if (wanted.length === 0) return new Map()
  const agents = await reader().agent.findMany({
    where: { id: { in: wanted }, organizationId: scope.organizationId },
    select: { id: true, name: true },
  })
  return new Map(agents.map((agent) => [agent.id, agent.name]))
}
