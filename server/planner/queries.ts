import type { Scope } from '#server/auth/model'
import type { Requirement } from '#server/platform/database/generated/client'
import { reader, type Transaction } from '#server/platform/database/transaction'
import { RequirementError } from '#server/requirements/errors'
import { learnedDurations } from '#server/tasks/commands'
import type { Change } from './model'
import { loadContext, loadPlan } from './repository/load'
import { decideChange } from './rules/change'
import { type DiffLine, diffOf, type Effects, effectsOf, summaryOf } from './rules/effects'
import { type Experience, type Forecast, forecast } from './rules/forecast'
import type { TaskState } from './rules/plan-state'

export interface Preview {
  /** the revision it was made for: hand it back when applying */
  revision: number | null
  summary: string
  diff: DiffLine[]
  effects: Effects
  forecast: Forecast
}

/** Done tasks per capability that a forecast is read from: the newest. */
const NEWEST = 200

/**
 * What a change would do, without doing it: the same rule that applies it, on the present state.
 * @throws RequirementError requirement-not-found, PlanError with the reason why it is impossible
 */
export async function previewChange(scope: Scope, input: { requirementId: string; change: Change }): Promise<Preview> {
  const tx = reader()
  const requirement = await ownRequirement(tx, scope, input.requirementId)
  const loaded = await loadPlan(tx, requirement)
  const context = await loadContext(tx, requirement, scope.actor.name)
  const { held, target } = decideChange(loaded.state, input.change, context)
  const effects = effectsOf(loaded.state, held, target)
  const names = new Map(context.agents.map((agent) => [agent.id, agent.name]))
  return {
    revision: loaded.plan?.revision ?? null,
    summary: summaryOf(input.change, context.by, requirement.number, effects.added),
    diff: diffOf(loaded.state, target, names),
    effects,
    forecast: forecast(loaded.state, target, effects, await experienceOf(tx, requirement)),
  }
}

async function ownRequirement(tx: Transaction, scope: Scope, id: string): Promise<Requirement> {
  const row = await tx.requirement.findFirst({ where: { id, organizationId: scope.organizationId } })
  if (row) return row
  throw new RequirementError({
    code: 'requirement-not-found',
    kind: 'not-found',
    message: 'There is no such requirement here. It may have been removed, or the address is incomplete.',
  })
}

/** What tasks of each capability took: all their turns, in the provider mode of this project. */
async function experienceOf(tx: Transaction, requirement: Requirement): Promise<Experience[]> {
  const { organizationId } = requirement
  const [rows, durations] = await Promise.all([
    tx.$queryRaw<{ capability: string; tasks: bigint; tokens: bigint | null; micro: bigint | null }[]>`
      select task.capability, count(distinct task.id) as tasks,
        sum(turn."inputTokens" + turn."outputTokens") as tokens, sum(turn."costMicroUsd") as micro
      from (
        select id, capability, row_number() over (partition by capability order by "finishedAt" desc) as place
        from "Task" where "organizationId" = ${organizationId}::uuid and status = 'done'
      ) as task
      join "Run" as run on run."taskId" = task.id
      join "Project" as project on project.id = ${requirement.projectId}::uuid
        and project."providerMode" = run."providerMode"
      join "Turn" as turn on turn."runId" = run.id
      where task.place <= ${NEWEST}
      group by task.capability`,
    learnedDurations(tx, organizationId),
  ])
  return rows.map(({ capability, tasks, tokens, micro }) => ({
    capability,
    runs: Number(tasks),
    tokens: Math.round(Number(tokens ?? 0) / Number(tasks)),
    microUsd: micro === null ? null : Math.round(Number(micro) / Number(tasks)),
    milliseconds: Math.round(durations.get(capability)?.meanMs ?? 0),
  }))
}

export interface ChangeView {
  number: number
  kind: string
  summary: string
  reason: string
  fromRevision: number | null
  revision: number | null
  byName: string
  diff: DiffLine[]
  effects: Effects
  /** open: can be undone until finalAt | final | undone */
  state: string
  finalAt: Date
  at: Date
}

const nothing: Effects = { reruns: [], added: [], ends: [], waits: [], kept: [], stops: [], goesOn: [] }

/** What people changed, the newest first. Empty for a foreign requirement. */
export async function listChanges(scope: Scope, requirementId: string, limit = 100): Promise<ChangeView[]> {
  const rows = await reader().planChange.findMany({
    where: { requirementId, organizationId: scope.organizationId },
    orderBy: { number: 'desc' },
    take: limit,
    omit: { touched: true },
  })
  return rows.map((row) => ({
    number: row.number,
    kind: row.kind,
    summary: row.summary,
    reason: row.reason,
    fromRevision: row.fromRevision,
    revision: row.revision,
    byName: row.byName,
    diff: row.diff as unknown as DiffLine[],
    effects: { ...nothing, ...(row.effects as Partial<Effects>) },
    state: row.state,
    finalAt: row.finalAt,
    at: row.at,
  }))
}

export interface OpenChange {
  number: number
  kind: string
  summary: string
  byName: string
  /** time left to undo it, by the database's clock */
  milliseconds: number
}

/** The change that can still be undone, if there is one. */
export async function openChangeOf(scope: Scope, requirementId: string): Promise<OpenChange | null> {
  const [row] = await reader().$queryRaw<OpenChange[]>`
    select number, kind, summary, "byName",
      (extract(epoch from "finalAt" - clock_timestamp()) * 1000)::int as milliseconds
    from "PlanChange"
    where "requirementId" = ${requirementId}::uuid and "organizationId" = ${scope.organizationId}::uuid
      and state = 'open' and "finalAt" > clock_timestamp()
    order by number desc limit 1`
  return row ?? null
}

export type EditableTask = Pick<
  TaskState,
  | 'ref'
  | 'title'
  | 'kind'
  | 'capability'
  | 'instructions'
  | 'owns'
  | 'reads'
  | 'acceptance'
  | 'risk'
  | 'dependsOn'
  | 'status'
  | 'attempt'
  | 'wantedAgentId'
> & {
  /** it or its work rests, because somebody paused it or changes it */
  paused: boolean
}

export interface EditablePlan {
  revision: number | null
  tasks: EditableTask[]
  agents: { id: string; name: string; capabilities: string[] }[]
}

/** The present plan as the editor shows it, with the agents that could get a task. @throws RequirementError */
export async function editablePlan(scope: Scope, requirementId: string): Promise<EditablePlan> {
  const tx = reader()
  const requirement = await ownRequirement(tx, scope, requirementId)
  const { plan, state } = await loadPlan(tx, requirement)
  const agents = await tx.agent.findMany({
    where: { organizationId: scope.organizationId, enabled: true },
    select: { id: true, name: true, capabilities: true },
    orderBy: { name: 'asc' },
  })
  return {
    revision: plan?.revision ?? null,
    agents,
    tasks: state.tasks.map((task) => ({
      ref: task.ref,
      title: task.title,
      kind: task.kind,
      capability: task.capability,
      instructions: task.instructions,
      owns: task.owns,
      reads: task.reads,
      acceptance: task.acceptance,
      risk: task.risk,
      dependsOn: task.dependsOn,
      status: task.status,
      attempt: task.attempt,
      wantedAgentId: task.wantedAgentId,
      paused: task.paused !== null || task.runs.some(({ held }) => held),
    })),
  }
}
