import type { Capability } from '#server/agents/model'
import type { Plan, Requirement, Run, Task } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import type { RunStatus } from '#server/runs/model'
import type { TaskStatus } from '#server/tasks/model'
import { type Acceptance, type PlanContent, planSchema, type TaskKind } from '../model'
import type { ChangeContext, PlanState, RunState, TaskState } from '../rules/plan-state'

/** A requirement's present plan as rows and as the state that rules change. */
export interface Loaded {
  requirement: Requirement
  /** null while nothing is accepted */
  plan: Plan | null
  content: PlanContent | null
  state: PlanState
  /** rows of the plan's tasks by ref */
  ids: Map<string, string>
}

const iso = (at: Date | null) => at?.toISOString() ?? null
const openRuns = { status: { notIn: ['finished', 'failed', 'cancelled'] } }

/** Everything a change starts from. Commands hold the requirement's lock; a preview reads without. */
export async function loadPlan(tx: Transaction, requirement: Requirement): Promise<Loaded> {
  const of = { requirementId: requirement.id }
  const plan = await tx.plan.findFirst({ where: { ...of, status: 'accepted' }, orderBy: { revision: 'desc' } })
  const runs = await tx.run.findMany({
    where: { ...of, ...openRuns },
    select: { id: true, taskId: true, status: true, heldAt: true },
    orderBy: { createdAt: 'asc' },
  })
  const tasks = plan ? await loadTasks(tx, plan.id, requirement.id, runs) : { states: [], ids: new Map() }
  const paused = requirement.pausedAt
  return {
    requirement,
    plan,
    content: plan && planSchema.parse(plan.content),
    state: {
      requirement: {
        number: requirement.number,
        status: requirement.status,
        verification: requirement.verification,
        paused: paused && { at: paused.toISOString(), by: requirement.pausedBy },
        runs: runs.filter(({ taskId }) => taskId === null).map(toRun),
      },
      tasks: tasks.states,
    },
    ids: tasks.ids,
  }
}

type RunRow = Pick<Run, 'id' | 'taskId' | 'status' | 'heldAt'>
const toRun = (run: RunRow): RunState => ({ id: run.id, status: run.status as RunStatus, held: run.heldAt !== null })

async function loadTasks(tx: Transaction, planId: string, requirementId: string, runs: RunRow[]) {
  const rows = await tx.task.findMany({
    where: { planId },
    include: { dependsOn: { select: { dependsOn: { select: { ref: true } } } } },
    orderBy: [{ position: 'asc' }, { id: 'asc' }],
  })
  const decisions = await tx.decision.findMany({
    where: { requirementId, status: 'open', taskId: { not: null } },
    select: { id: true, taskId: true },
    orderBy: { id: 'asc' },
  })
  const ended = await endedByPeople(tx, requirementId)
  const runsOf = byTask(runs)
  const decisionsOf = byTask(decisions)
  const states = rows.map((row) => ({
    ...toState(row),
    dependsOn: row.dependsOn
      .map(({ dependsOn }) => dependsOn.ref)
      .sort((left, right) => left.localeCompare(right, 'en', { numeric: true })),
    runs: (runsOf.get(row.id) ?? []).map(toRun),
    decisions: (decisionsOf.get(row.id) ?? []).map(({ id }) => ({ id, open: true })),
    endedByPerson: ended.has(row.ref) && row.status === 'cancelled',
  }))
  return { states, ids: new Map(rows.map((row) => [row.ref, row.id])) }
}

function byTask<Row extends { taskId: string | null }>(rows: readonly Row[]): Map<string, Row[]> {
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    if (row.taskId === null) continue
    const own = found.get(row.taskId)
    if (own) own.push(row)
    else found.set(row.taskId, [row])
  }
  return found
}

function toState(row: Task): Omit<TaskState, 'dependsOn' | 'runs' | 'decisions' | 'endedByPerson'> {
  return {
    ref: row.ref,
    inPlan: true,
    position: row.position,
    title: row.title,
    kind: row.kind as TaskKind,
    capability: row.capability as Capability,
    instructions: row.instructions,
    statements: row.statementRefs,
    owns: row.owns,
    reads: row.reads,
    acceptance: row.acceptance as Acceptance[],
    risk: row.risk as TaskState['risk'],
    status: row.status as TaskStatus,
    statusReason: row.statusReason,
    attempt: row.attempt,
    agentsTried: row.agentsTried,
    agentId: row.agentId,
    wantedAgentId: row.wantedAgentId,
    feedback: row.feedback,
    notBefore: iso(row.notBefore),
    paused: row.pausedAt && { at: row.pausedAt.toISOString(), by: row.pausedBy },
    finishedAt: iso(row.finishedAt),
  }
}

/** Refs of tasks that people cancelled or left out, by the changes that are final. */
async function endedByPeople(tx: Transaction, requirementId: string): Promise<Set<string>> {
  const changes = await tx.planChange.findMany({
    where: { requirementId, kind: { in: ['cancel-task', 'skip', 'revise'] }, state: 'final' },
    select: { touched: true },
  })
  return new Set(changes.flatMap((change) => (change.touched as { ended?: string[] }).ended ?? []))
}

/** Who changes it, when by the database's clock, and with what there is to choose from. */
export async function loadContext(tx: Transaction, requirement: Requirement, by: string): Promise<ChangeContext> {
  const agents = await tx.agent.findMany({
    where: { organizationId: requirement.organizationId },
    select: { id: true, name: true, enabled: true, capabilities: true },
  })
  const [found] = await tx.$queryRaw<{ now: Date; last: number | null }[]>`
    select clock_timestamp() as now, (
      select max(substring(ref from 2)::int) from "Task"
      where "requirementId" = ${requirement.id}::uuid and ref ~ '^T[0-9]{1,6}$'
    ) as last`
  if (!found) throw new Error('the database did not tell the time')
  return { by, now: found.now.toISOString(), agents, nextRef: (found.last ?? 0) + 1 }
}
