import { Prisma } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { enqueue } from '#server/platform/queue/queue'
import { type NextActor, nextActorOf } from '#server/tasks/rules/next-actor'
import type { PlanState, TaskState } from '../rules/plan-state'
import type { Loaded } from './load'

type Waiting = Pick<NextActor, 'actor' | 'name' | 'reason' | 'deadline'>

interface Row {
  taskId: string
  runId: string
  status: 'proving' | 'merging'
  commands: number
}

/**
 * Proofs and merges follow the pause of their task or requirement: those that nobody has begun wait and say so, those
 * under way finish, and what goes on gets its job again if a worker has laid it down meanwhile.
 */
export async function followPause(
  tx: Transaction,
  loaded: Loaded,
  to: PlanState,
  { whilePaused, now }: { whilePaused: Waiting; now: Date },
): Promise<void> {
  const { state, ids, requirement } = loaded
  const before = new Map(state.tasks.map((task) => [task.ref, task]))
  const rests = ({ requirement }: PlanState, task: TaskState | undefined) =>
    requirement.paused !== null || (task?.paused ?? null) !== null
  const turned = (paused: boolean) =>
    to.tasks
      .filter((task) => task.status === 'proving' || task.status === 'merging')
      .filter((task) => rests(to, task) === paused && rests(state, before.get(task.ref)) !== paused)
      .flatMap(({ ref }) => ids.get(ref) ?? [])
  await sayWaiting(tx, await withoutJob(tx, turned(true), ['active']), whilePaused)
  const back = turned(false)
  for (const row of await withoutJob(tx, back, [])) {
    const kind =
      row.status === 'proving' ? ({ kind: 'proof', commands: row.commands } as const) : ({ kind: 'merge' } as const)
    await sayWaiting(tx, [row], nextActorOf(kind, now))
  }
  const { organizationId, projectId, id: requirementId } = requirement
  const lost = await withoutJob(tx, back, ['created', 'retry', 'active'])
  await enqueue(
    tx,
    lost.map(({ taskId, runId, status }) => ({
      job: {
        name: status === 'proving' ? ('prove-task' as const) : ('merge-task' as const),
        ...{ organizationId, projectId, requirementId, taskId, runId },
      },
    })),
  )
}

/** Tasks that wait for a proof or a merge for which the queue has no job in one of these states. */
async function withoutJob(tx: Transaction, ids: readonly string[], states: readonly string[]): Promise<Row[]> {
  if (ids.length === 0) return []
  return tx.$queryRaw<Row[]>`
    select t.id as "taskId", run.id as "runId", t.status, jsonb_array_length(t.acceptance) as commands
    from "Task" t
    cross join lateral (
      select r.id from "Run" r where r."taskId" = t.id and r.purpose = 'implement'
      order by r."createdAt" desc, r.id desc limit 1) run
    where t.id = any(${[...ids]}::uuid[]) and t.status in ('proving', 'merging')
      and (t.status = 'proving' or exists (select from "Merge" m where m."runId" = run.id and m.status = 'queued'))
      and not exists (
        select from pgboss.job where job.name = 'long' and job.state::text = any(${[...states]}::text[])
          and job.data ->> 'name' = case t.status when 'proving' then 'prove-task' else 'merge-task' end
          and job.data ->> 'taskId' = t.id::text)`
}

/** What a signal holds goes on naming its question. */
async function sayWaiting(tx: Transaction, rows: readonly Row[], waits: Waiting): Promise<void> {
  if (rows.length === 0) return
  const next = Prisma.sql`"nextActor" = ${waits.actor}, "nextActorName" = ${waits.name},
    "nextReason" = ${waits.reason}, "nextDeadline" = ${waits.deadline}`
  await tx.$executeRaw`
    update "Task" set ${next}
    where id = any(${rows.map(({ taskId }) => taskId)}::uuid[]) and "nextActor" in ('system', 'timer', 'person')
      and "nextActorId" is null`
  await tx.$executeRaw`
    update "Merge" set ${next} where "runId" = any(${rows.map(({ runId }) => runId)}::uuid[]) and status = 'queued'`
}
