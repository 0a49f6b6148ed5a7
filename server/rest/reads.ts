import type { Scope } from '#server/auth/model'
import { reader } from '#server/platform/database/transaction'
import { lastSequence } from '#server/platform/events/log'

export interface TaskFilter {
  projectId?: string
  requirementId?: string
  status?: string
  limit: number
}

/** Tasks of present plans, newest requirement first, in plan order. */
export function readTasks(scope: Scope, { limit, ...filter }: TaskFilter) {
  return reader().task.findMany({
    where: { ...filter, organizationId: scope.organizationId, plan: { status: { in: ['proposed', 'accepted'] } } },
    select: {
      id: true,
      projectId: true,
      requirementId: true,
      ref: true,
      title: true,
      kind: true,
      capability: true,
      status: true,
      statusReason: true,
      attempt: true,
      statementRefs: true,
      createdAt: true,
      startedAt: true,
      finishedAt: true,
    },
    orderBy: [{ requirementId: 'desc' }, { position: 'asc' }],
    take: limit,
  })
}

const counted = (rows: { status: string; _count: { _all: number } }[]) =>
  Object.fromEntries(rows.map((row) => [row.status, row._count._all]))

/** How many of each there are, by status. */
async function countsByStatus(scope: Scope) {
  const { organizationId } = scope
  const _count = { _all: true } as const
  const present = { status: { in: ['proposed', 'accepted'] } }
  const [requirements, tasks, runs, decisions, merges] = await Promise.all([
    reader().requirement.groupBy({ by: ['status'], where: { organizationId }, _count }),
    reader().task.groupBy({ by: ['status'], where: { organizationId, plan: present }, _count }),
    reader().run.groupBy({ by: ['status'], where: { organizationId }, _count }),
    reader().decision.groupBy({ by: ['status'], where: { organizationId }, _count }),
    reader().merge.groupBy({ by: ['status'], where: { organizationId }, _count }),
  ])
  return {
    requirements: counted(requirements),
    tasks: counted(tasks),
    runs: counted(runs),
    decisions: counted(decisions),
    merges: counted(merges),
  }
}

export async function readStatus(scope: Scope) {
  const [counts, sequence, agents, projects] = await Promise.all([
    countsByStatus(scope),
    lastSequence(scope),
    reader().agent.count({ where: { organizationId: scope.organizationId, enabled: true } }),
    reader().project.count({ where: { organizationId: scope.organizationId } }),
  ])
  const { requirements, tasks, runs, decisions } = counts
  return { requirements, tasks, runs, decisions, agentsEnabled: agents, projects, lastEventId: String(sequence) }
}

interface Durations {
  count: number
  p50: number | null
  p95: number | null
}

/**
 * Tokens and money of all turns, and how long finished things took (seconds). Costs are millionths of a US dollar;
 * scripted and unpriced turns have none and are counted apart, never as 0.
 */
export async function readMetrics(scope: Scope) {
  const { organizationId } = scope
  const [counts, usage, requirements, tasks, turns] = await Promise.all([
    countsByStatus(scope),
    reader().$queryRaw<
      {
        providerMode: string
        turns: bigint
        input: bigint
        cacheRead: bigint
        cacheWrite: bigint
        output: bigint
        cost: bigint | null
        unpriced: bigint
      }[]
    >`
      select run."providerMode", count(*) as turns, sum(turn."inputTokens") as input,
        sum(turn."cacheReadTokens") as "cacheRead", sum(turn."cacheWriteTokens") as "cacheWrite",
        sum(turn."outputTokens") as output, sum(turn."costMicroUsd") as cost,
        count(*) filter (where turn."costMicroUsd" is null) as unpriced
      from "Turn" turn join "Run" run on run.id = turn."runId"
      where run."organizationId" = ${organizationId}::uuid group by run."providerMode" order by 1`,
    reader().$queryRaw<Durations[]>`
      select count(*)::int as count,
        percentile_cont(0.5) within group (order by extract(epoch from "closedAt" - "createdAt"))::float8 as p50,
        percentile_cont(0.95) within group (order by extract(epoch from "closedAt" - "createdAt"))::float8 as p95
      from "Requirement" where "organizationId" = ${organizationId}::uuid and "closedAt" is not null`,
    reader().$queryRaw<Durations[]>`
      select count(*)::int as count,
        percentile_cont(0.5) within group (order by extract(epoch from "finishedAt" - "startedAt"))::float8 as p50,
        percentile_cont(0.95) within group (order by extract(epoch from "finishedAt" - "startedAt"))::float8 as p95
      from "Task" where "organizationId" = ${organizationId}::uuid and status = 'done' and "startedAt" is not null`,
    reader().$queryRaw<Durations[]>`
      select count(*)::int as count,
        percentile_cont(0.5) within group (order by extract(epoch from turn."endedAt" - turn."startedAt"))::float8 as p50,
        percentile_cont(0.95) within group (order by extract(epoch from turn."endedAt" - turn."startedAt"))::float8 as p95
      from "Turn" turn join "Run" run on run.id = turn."runId" where run."organizationId" = ${organizationId}::uuid`,
  ])
  const none: Durations = { count: 0, p50: null, p95: null }
  return {
    counts,
    usage: usage.map((row) => ({
      providerMode: row.providerMode,
      turns: Number(row.turns),
      inputTokens: Number(row.input),
      cacheReadTokens: Number(row.cacheRead),
      cacheWriteTokens: Number(row.cacheWrite),
      outputTokens: Number(row.output),
      costMicroUsd: row.cost === null ? null : Number(row.cost),
      turnsWithoutPrice: Number(row.unpriced),
    })),
    durationSeconds: {
      requirement: requirements[0] ?? none,
      task: tasks[0] ?? none,
      turn: turns[0] ?? none,
    },
  }
}
