import { direct } from '#server/platform/database/direct'
import type { Transaction } from '#server/platform/database/transaction'
import { expectedMs, type Learned, learn } from './rules/durations'
import { openDependencies, upwardRanks } from './rules/graph'

/** What every capability has taken so far in this organization. */
export async function learnedDurations(tx: Transaction, organizationId: string): Promise<Map<string, Learned>> {
  const rows = await direct(tx).rows<Learned & { capability: string }>`
    select capability, finished, "meanMs" from "TaskDuration" where "organizationId" = ${organizationId}::uuid`
  return new Map(rows.map(({ capability, finished, meanMs }) => [capability, { finished, meanMs }]))
}

/** Adds finished tasks to what is known of their capabilities. */
export async function learnDurations(
  tx: Transaction,
  organizationId: string,
  finished: readonly { capability: string; tookMs: number }[],
): Promise<void> {
  if (finished.length === 0) return
  const known = await learnedDurations(tx, organizationId)
  const changed = new Map<string, Learned>()
  for (const { capability, tookMs } of finished) {
    changed.set(capability, learn(capability, changed.get(capability) ?? known.get(capability) ?? null, tookMs))
  }
  const rows = [...changed].sort(([left], [right]) => left.localeCompare(right))
  for (const [capability, learned] of rows) {
    // Two transactions at once lose one measurement at most: it is an average, not an account.
    await direct(tx).changed`
      insert into "TaskDuration" ("organizationId", "capability", "finished", "meanMs")
      values (${organizationId}::uuid, ${capability}, ${learned.finished}, ${learned.meanMs})
      on conflict ("organizationId", "capability") do update
        set "finished" = excluded."finished", "meanMs" = excluded."meanMs"`
  }
}

/** Tasks written with one statement. */
const AT_ONCE = 2_000

/**
 * Counts a plan anew after it was made or changed: expected milliseconds, upward rank and open dependencies of every
 * unfinished task, in a number of statements that does not grow with the plan. What has ended keeps its figures.
 */
export async function recountPlan(tx: Transaction, planId: string): Promise<void> {
  const tasks = await tx.task.findMany({
    where: { planId },
    select: { id: true, organizationId: true, capability: true, status: true },
  })
  const [first] = tasks
  if (!first) return
  const edges = await tx.dependency.findMany({ where: { task: { planId } } })
  const learned = await learnedDurations(tx, first.organizationId)
  const dependsOn = new Map<string, string[]>(tasks.map((task) => [task.id, []]))
  for (const edge of edges) dependsOn.get(edge.taskId)?.push(edge.dependsOnId)
  const nodes = tasks.map((task) => ({
    id: task.id,
    dependsOn: dependsOn.get(task.id) as string[],
    expectedMs: expectedMs(task.capability, learned.get(task.capability)),
  }))
  const ranks = upwardRanks(nodes)
  const done = new Set(tasks.filter((task) => task.status === 'done').map((task) => task.id))
  for (let from = 0; from < nodes.length; from += AT_ONCE) {
    const part = nodes.slice(from, from + AT_ONCE)
    await direct(tx).changed`
      update "Task" set "rank" = counted.rank, "expectedMs" = counted.expected, "openDependencies" = counted.open
      from unnest(
        ${part.map((node) => node.id)}::uuid[],
        ${part.map((node) => ranks.get(node.id) ?? 0)}::double precision[],
        ${part.map((node) => node.expectedMs)}::integer[],
        ${part.map((node) => openDependencies(node, done))}::integer[]
      ) as counted(id, rank, expected, open)
      where "Task".id = counted.id and "Task".status not in ('done', 'failed', 'cancelled')`
  }
}
