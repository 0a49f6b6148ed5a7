import { z } from 'zod'
import type { Transaction } from '#server/platform/database/transaction'
import { learnedDurations } from '#server/tasks/commands'
import { upwardRanks } from '#server/tasks/rules/graph'
import type { DecisionDraft } from './model'
import { type Expectations, type Expected, total } from './rules/deltas'
import { heldBy } from './rules/order'
import { rankedTasks } from './situation'

/** Newest runs, plans and requirements of the organization that history is made of. */
const RUNS = 200
const PLANS = 20
const REQUIREMENTS = 20

interface About {
  organizationId: string
  /** only live work has cost money */
  live: boolean
  mode: string
}

/** What the work a question is about is expected to cost and to take, from what this organization's work did. */
export async function expectationsOf(
  tx: Transaction,
  organizationId: string,
  draft: Pick<DecisionDraft, 'projectId' | 'requirementId' | 'taskId'>,
  slackMs: number | null,
): Promise<Expectations> {
  const { providerMode: mode } = await tx.project.findUniqueOrThrow({
    where: { id: draft.projectId },
    select: { providerMode: true },
  })
  const about: About = { organizationId, mode, live: mode === 'live' }
  const costs = await attemptCosts(tx, about)
  const durations = await learnedDurations(tx, organizationId)
  const costOf = (capability: string): number | null => costs.get(capability) ?? null
  const msOf = (capability: string): number | null => durations.get(capability)?.meanMs ?? null
  const tasks = draft.requirementId ? await rankedTasks(tx, [draft.requirementId]) : []
  const held = new Set(draft.taskId ? heldBy(draft.taskId, tasks) : [])
  const own = tasks.find((task) => task.id === draft.taskId)
  const costOfAll = (list: readonly { capability: string }[]) =>
    list.length === 0 ? null : total(list.map(({ capability }) => costOf(capability)))
  return {
    attempt: own ? { microUsd: costOf(own.capability), ms: msOf(own.capability) } : { microUsd: null, ms: null },
    plan: await planning(tx, about),
    whole: await proposed(tx, draft.requirementId ?? null, costOf, msOf),
    requirement: await requirements(tx, about),
    branchMicroUsd: costOfAll(tasks.filter((task) => held.has(task.id))),
    restMicroUsd: costOfAll(tasks.filter((task) => !task.finished)),
    slackMs,
  }
}

/** Money for one attempt at a task of each capability, its review included; only what was priced to the last turn. */
async function attemptCosts(tx: Transaction, { organizationId, live }: About): Promise<Map<string, number>> {
  if (!live) return new Map()
  const rows = await tx.$queryRaw<{ capability: string; microUsd: number | null }[]>`
    select task.capability, sum(paid.cost)::float8 / nullif(count(*) filter (where run.purpose = 'implement'), 0) as "microUsd"
    from (
      select id, "taskId", purpose from "Run"
      where "organizationId" = ${organizationId}::uuid and status = 'finished' and "providerMode" = 'live'
        and "taskId" is not null
      order by "createdAt" desc limit ${RUNS}
    ) run
    join "Task" task on task.id = run."taskId"
    cross join lateral (
      select sum("costMicroUsd") as cost, bool_and("costMicroUsd" is not null) as priced from "Turn" where "runId" = run.id
    ) paid
    where paid.priced
    group by task.capability`
  return new Map(rows.flatMap(({ capability, microUsd }) => (microUsd === null ? [] : [[capability, microUsd]])))
}

/** What making a plan took. */
async function planning(tx: Transaction, { organizationId, mode, live }: About): Promise<Expected> {
  const [row] = await tx.$queryRaw<Expected[]>`
    select avg(case when ${live} then paid.cost end)::float8 as "microUsd",
      (avg(extract(epoch from run."endedAt" - run."startedAt")) * 1000)::float8 as ms
    from (
      select id, "startedAt", "endedAt" from "Run"
      where "organizationId" = ${organizationId}::uuid and status = 'finished' and purpose = 'plan'
        and "providerMode" = ${mode} and "startedAt" is not null and "endedAt" is not null
      order by "createdAt" desc limit ${PLANS}
    ) run
    cross join lateral (
      select case when bool_and("costMicroUsd" is not null) then sum("costMicroUsd") end as cost
      from "Turn" where "runId" = run.id
    ) paid`
  return row ?? { microUsd: null, ms: null }
}

/** What requirements took from their submission to their end, and cost in all. */
async function requirements(tx: Transaction, { organizationId, mode, live }: About): Promise<Expected> {
  const [row] = await tx.$queryRaw<Expected[]>`
    select avg(case when ${live} then paid.cost end)::float8 as "microUsd",
      (avg(extract(epoch from ended."closedAt" - ended."createdAt")) * 1000)::float8 as ms
    from (
      select q.id, q."createdAt", q."closedAt" from "Requirement" q join "Project" p on p.id = q."projectId"
      where q."organizationId" = ${organizationId}::uuid and q.status in ('done', 'partly_done')
        and p."providerMode" = ${mode} and q."closedAt" is not null
      order by q."closedAt" desc limit ${REQUIREMENTS}
    ) ended
    cross join lateral (
      select case when bool_and(turn."costMicroUsd" is not null) then sum(turn."costMicroUsd") end as cost
      from "Run" run join "Turn" turn on turn."runId" = run.id where run."requirementId" = ended.id
    ) paid`
  return row ?? { microUsd: null, ms: null }
}

const planSchema = z
  .object({ tasks: z.array(z.object({ id: z.string(), capability: z.string(), dependsOn: z.array(z.string()) })) })
  .catch({ tasks: [] })

/** The proposed plan: money of all tasks, and time along its longest path. */
async function proposed(
  tx: Transaction,
  requirementId: string | null,
  costOf: (capability: string) => number | null,
  msOf: (capability: string) => number | null,
): Promise<Expected> {
  const plan = requirementId
    ? await tx.plan.findFirst({
        where: { requirementId, status: 'proposed' },
        orderBy: { revision: 'desc' },
        select: { content: true },
      })
    : null
  const { tasks } = planSchema.parse(plan?.content)
  if (tasks.length === 0) return { microUsd: null, ms: null }
  const nodes = tasks.flatMap(({ id, capability, dependsOn }) => {
    const expectedMs = msOf(capability)
    return expectedMs === null ? [] : [{ id, dependsOn, expectedMs }]
  })
  return {
    microUsd: total(tasks.map(({ capability }) => costOf(capability))),
    ms: nodes.length === tasks.length ? Math.max(...upwardRanks(nodes).values()) : null,
  }
}
