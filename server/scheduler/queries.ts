import { type AgentView, listAgents } from '#server/agents/queries'
import { priceOf } from '#server/agents/rules/pricing'
import type { Scope } from '#server/auth/model'
import { type Action, actions, isAllowed } from '#server/auth/rules/permissions'
import { countOpenDecisions } from '#server/decisions/queries'
import { reader } from '#server/platform/database/transaction'
import { lastSequence } from '#server/platform/events/log'
import type { ProjectSummary } from '#server/projects/model'
import { findProject, listProjects } from '#server/projects/queries'
import { taskProgress } from '#server/tasks/queries'
import { type Health, type ProjectFacts, projectHealth } from './rules/health'

const active = ['submitted', 'planning', 'plan_review', 'in_progress']
const busyRuns = ['running', 'asking']

/** What the frame around every page shows. */
export interface ShellView {
  organization: string
  role: Scope['role']
  /** What the person may do here, so that pages don't offer the rest. The server asks again each time. */
  allowed: Action[]
  openDecisions: number
  /** The newest event before anything else of the page was read: live events go on from here. */
  sequence: string
}

export async function shellView(scope: Scope): Promise<ShellView> {
  const sequence = await lastSequence(scope)
  const [organization, openDecisions] = await Promise.all([
    reader().organization.findUniqueOrThrow({ where: { id: scope.organizationId }, select: { name: true } }),
    countOpenDecisions(scope),
  ])
  return {
    organization: organization.name,
    role: scope.role,
    allowed: actions.filter((action) => isAllowed(scope.role, action)),
    openDecisions,
    sequence: String(sequence),
  }
}

interface RunningNow {
  runId: string
  purpose: string
  asking: boolean
  attempt: number
  agentName: string
  scripted: boolean
  startedAt: Date | null
  requirementId: string
  requirementName: string
  taskId: string | null
  taskName: string | null
}

interface ActiveRequirement {
  id: string
  number: number
  title: string
  status: string
  statusReason: string
  createdAt: Date
  closedAt: Date | null
  tasks: number
  tasksDone: number
}

export interface ProjectOverview {
  project: ProjectSummary
  health: Health
  running: RunningNow[]
  /** Unfinished ones first, then the newest that have ended; at most ten. */
  requirements: ActiveRequirement[]
}

/** Everything the project page says about the present. @throws ProjectError project-not-found */
export async function projectOverview(scope: Scope, projectId: string, now: Date): Promise<ProjectOverview> {
  const project = await findProject(scope, projectId)
  const [facts, running, requirements] = await Promise.all([
    factsOf(scope, [project.id], now),
    runningNow(scope, project.id),
    shownRequirements(scope, project.id),
  ])
  return { project, health: projectHealth(facts.get(project.id) as ProjectFacts), running, requirements }
}

export interface ProjectLine extends ProjectSummary {
  health: Health
  running: number
  openDecisions: number
  activeRequirements: number
}

/** Every project with how it is doing, by name. */
export async function projectLines(scope: Scope, now: Date): Promise<ProjectLine[]> {
  const projects = await listProjects(scope)
  const ids = projects.map((project) => project.id)
  const facts = await factsOf(scope, ids, now)
  return projects.map((project) => {
    const own = facts.get(project.id) as ProjectFacts
    const { running, openDecisions, activeRequirements } = own
    return { ...project, health: projectHealth(own), running, openDecisions, activeRequirements }
  })
}

const minutesSince = (at: Date | null | undefined, now: Date) => (at ? (now.getTime() - at.getTime()) / 60_000 : null)

/** Counts per project in a fixed number of queries, however many projects there are. */
async function factsOf(scope: Scope, projectIds: string[], now: Date): Promise<Map<string, ProjectFacts>> {
  const { organizationId } = scope
  const where = { organizationId, projectId: { in: projectIds } }
  const ongoing = { ...where, requirement: { status: { in: active } } }
  const by = ['projectId' as const]
  const db = reader()
  const [total, open, runs, decisions, ready, retrying, failed, latest, events] = await Promise.all([
    db.requirement.groupBy({ by, where, _count: true }),
    db.requirement.groupBy({ by, where: { ...where, status: { in: active } }, _count: true }),
    db.run.groupBy({ by, where: { ...where, status: { in: busyRuns } }, _count: true }),
    db.decision.groupBy({ by, where: { ...where, status: 'open' }, _count: true, _min: { createdAt: true } }),
    db.task.groupBy({ by, where: { ...ongoing, status: 'ready' }, _count: true }),
    db.task.groupBy({
      by,
      where: { ...ongoing, attempt: { gt: 1 }, status: { notIn: ['done', 'failed', 'cancelled'] } },
      _count: true,
    }),
    db.task.groupBy({ by, where: { ...ongoing, status: 'failed' }, _count: true }),
    db.requirement.findMany({
      where,
      orderBy: [{ projectId: 'asc' }, { number: 'desc' }],
      distinct: ['projectId'],
      select: { projectId: true, number: true, title: true, status: true, statusReason: true },
    }),
    db.event.groupBy({ by, where, _max: { at: true } }),
  ])
  const counted = (rows: { projectId: string; _count: number }[], id: string) =>
    rows.find((row) => row.projectId === id)?._count ?? 0
  return new Map(
    projectIds.map((id) => {
      const newest = latest.find((row) => row.projectId === id)
      const unhappy = newest?.status === 'failed' ? newest : null
      const facts: ProjectFacts = {
        requirements: counted(total, id),
        activeRequirements: counted(open, id),
        running: counted(runs, id),
        ready: counted(ready, id),
        openDecisions: counted(decisions, id),
        oldestDecisionMinutes: minutesSince(decisions.find((row) => row.projectId === id)?._min.createdAt, now),
        retrying: counted(retrying, id),
        failedTasks: counted(failed, id),
        lastFailure: unhappy ? `R${unhappy.number} ${unhappy.title}: ${unhappy.statusReason}` : null,
        quietMinutes: minutesSince(events.find((row) => row.projectId === id)?._max.at, now),
      }
      return [id, facts] as const
    }),
  )
}

async function runningNow(scope: Scope, projectId: string): Promise<RunningNow[]> {
  const { organizationId } = scope
  const db = reader()
  const runs = await db.run.findMany({
    where: { organizationId, projectId, status: { in: busyRuns } },
    orderBy: { startedAt: 'asc' },
    take: 50,
    omit: { prompt: true, result: true },
  })
  const ids = (values: (string | null)[]) => [...new Set(values.filter((value) => value !== null))]
  const [agents, requirements, tasks] = await Promise.all([
    db.agent.findMany({
      where: { organizationId, id: { in: ids(runs.map((run) => run.agentId)) } },
      select: { id: true, name: true },
    }),
    db.requirement.findMany({
      where: { organizationId, id: { in: ids(runs.map((run) => run.requirementId)) } },
      select: { id: true, number: true, title: true },
    }),
    db.task.findMany({
      where: { organizationId, id: { in: ids(runs.map((run) => run.taskId)) } },
      select: { id: true, ref: true, title: true },
    }),
  ])
  return runs.map((run) => {
    const requirement = requirements.find((row) => row.id === run.requirementId)
    const task = tasks.find((row) => row.id === run.taskId)
    return {
      runId: run.id,
      purpose: run.purpose,
      asking: run.status === 'asking',
      attempt: run.attempt,
      agentName: agents.find((row) => row.id === run.agentId)?.name ?? 'A removed agent',
      scripted: run.providerMode === 'scripted',
      startedAt: run.startedAt,
      requirementId: run.requirementId,
      requirementName: requirement ? `R${requirement.number} ${requirement.title}` : '',
      taskId: run.taskId,
      taskName: task ? `${task.ref} ${task.title}` : null,
    }
  })
}

async function shownRequirements(scope: Scope, projectId: string): Promise<ActiveRequirement[]> {
  const select = {
    id: true,
    number: true,
    title: true,
    status: true,
    statusReason: true,
    createdAt: true,
    closedAt: true,
  } as const
  const of = { organizationId: scope.organizationId, projectId }
  const order = { orderBy: { number: 'desc' as const }, take: 10 }
  const [open, ended] = await Promise.all([
    reader().requirement.findMany({ where: { ...of, status: { in: active } }, select, ...order }),
    reader().requirement.findMany({ where: { ...of, status: { notIn: active } }, select, ...order }),
  ])
  const shown = [...open, ...ended].slice(0, 10)
  const progress = await taskProgress(
    scope,
    shown.map((row) => row.id),
  )
  return shown.map((row) => {
    const own = progress.find((entry) => entry.requirementId === row.id)
    return { ...row, tasks: own?.tasks ?? 0, tasksDone: own?.done ?? 0 }
  })
}

export interface AgentLine extends AgentView {
  runningNow: number
  /** US dollars per million tokens today; null when nobody told us a price. */
  price: { input: number; output: number; source: string; checkedOn: string } | null
}

/** Every agent with its load and what its model costs. */
export async function agentLines(scope: Scope, now: Date): Promise<AgentLine[]> {
  const [agents, runs] = await Promise.all([
    listAgents(scope),
    reader().run.groupBy({
      by: ['agentId'],
      where: { organizationId: scope.organizationId, status: { in: busyRuns } },
      _count: true,
    }),
  ])
  return agents.map((agent) => {
    const row = priceOf(agent.model, now)
    const price = row && { input: row.in, output: row.out, source: row.source, checkedOn: row.checkedOn }
    return { ...agent, runningNow: runs.find((run) => run.agentId === agent.id)?._count ?? 0, price }
  })
}
