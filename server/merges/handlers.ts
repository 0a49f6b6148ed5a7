import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import type { JobData } from '#server/kernel/job'
import { database } from '#server/platform/database/client'
import { databaseNow } from '#server/platform/database/clock'
import type { Merge, Run, Task } from '#server/platform/database/generated/client'
import { withLock } from '#server/platform/database/lock'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { enqueue } from '#server/platform/queue/queue'
import { executeProof, orderFor } from '#server/proofs/evidence'
import { restsWhilePaused } from '#server/proofs/paused'
import { describeFailures } from '#server/proofs/rules/failures'
import { type Failing, failing, isMended, sayOnTask } from '#server/proofs/tried-again'
import { whileWanted } from '#server/proofs/wanted'
import { actorMs, nextActorOf } from '#server/tasks/rules/next-actor'
import { presentMain } from '#server/workspaces/ensure'
import { advanceMain, closeWorktree, mergeOnto } from '#server/workspaces/git'
import { describeConflicts } from './rules/conflict'

/** Attempts when somebody else's commit reaches main between our check and our step forward. */
const MOST_TRIES = 5

interface Order {
  scope: Scope
  merge: Merge
  task: Task
  run: Run
  signal: AbortSignal
}

/**
 * Job `merge-task`: serial for each project. The run's one commit is put onto the present main, its acceptance
 * commands run once more on the merged tree, and main steps forward only if it is still where the check saw it. While
 * another merge or record is at it, the job comes again later and holds no slot; whoever has merged wakes the oldest.
 */
export async function mergeTask(job: JobData, signal: AbortSignal): Promise<void> {
  if (!(await isQueued(job)) || (await rests(job))) return
  const held = await withLock(`merge:${job.projectId}`, () => mergeQueued(job, signal))
  if (held) return wakeOldest(job)
  await transaction((tx) => enqueue(tx, [{ job: { ...job, name: 'merge-task' }, startAfterSeconds: SOON_SECONDS }]))
}

/** Seconds until a merge looks again whether it is its turn, if nobody wakes it before. */
const SOON_SECONDS = 3

async function isQueued({ runId = '' }: JobData): Promise<boolean> {
  return (await database().merge.count({ where: { runId, status: 'queued' } })) > 0
}

async function rests({ taskId }: JobData): Promise<boolean> {
  const task = await database().task.findUniqueOrThrow({ where: { id: taskId as string } })
  return restsWhilePaused(task, 'merging')
}

/** The oldest that people have not paused. */
async function wakeOldest({ organizationId, projectId = '' }: JobData): Promise<void> {
  const [oldest] = await database().$queryRaw<{ taskId: string; runId: string; requirementId: string }[]>`
    select m."taskId", m."runId", t."requirementId"
    from "Merge" m join "Task" t on t.id = m."taskId" join "Requirement" q on q.id = t."requirementId"
    where m."projectId" = ${projectId}::uuid and m.status = 'queued' and t."pausedAt" is null and q."pausedAt" is null
    order by m."createdAt", m.id limit 1`
  if (!oldest) return
  const job = { name: 'merge-task' as const, organizationId, projectId, ...oldest }
  await transaction((tx) => enqueue(tx, [{ job }]))
}

async function mergeQueued(job: JobData, signal: AbortSignal): Promise<void> {
  const scope = systemScope(job.organizationId)
  const merge = await database().merge.findUnique({ where: { runId: job.runId as string } })
  if (merge?.status !== 'queued') return
  const task = await database().task.findUniqueOrThrow({ where: { id: merge.taskId } })
  const run = await database().run.findUniqueOrThrow({ where: { id: merge.runId } })
  const order = { scope, merge, task, run }
  if (task.status !== 'merging') return end(order, 'checks_failed', STOPPED)
  const done = await whileWanted(
    signal,
    () => isMerging(task.id),
    async (stop) => {
      if (await isMended(task)) await say(order, inTurn)
      await mergeOne({ ...order, signal: stop })
      return true
    },
  ).catch(async (error: unknown) => {
    if (!signal.aborted) await say(order, (tx) => failing(tx, task, error, 'merged')).catch(() => {})
    throw error
  })
  if (done === null) await end(order, 'checks_failed', STOPPED)
}

/** The merge, its task and its requirement say what they wait for. */
async function say(
  { merge, task }: Pick<Order, 'merge' | 'task'>,
  words: (tx: Transaction) => Promise<Failing>,
): Promise<void> {
  await transaction(async (tx) => {
    const says = await words(tx)
    const unsaid = { nextReason: { not: says.nextReason } }
    // The task's own deadline brings it up again; one reminder is enough.
    const later = says.nextDeadline && { nextDeadline: new Date(says.nextDeadline.getTime() + actorMs.person) }
    await tx.merge.updateMany({ where: { id: merge.id, status: 'queued', ...unsaid }, data: { ...says, ...later } })
    await sayOnTask(tx, task, 'merging', says)
  })
}

async function inTurn(tx: Transaction): Promise<Failing> {
  const { actor, name, reason, deadline } = nextActorOf({ kind: 'merge' }, await databaseNow(tx))
  return { nextActor: actor, nextActorName: name, nextReason: reason, nextDeadline: deadline }
}

const STOPPED = 'The task was stopped.'

async function isMerging(id: string): Promise<boolean> {
  return (await database().task.count({ where: { id, status: 'merging' } })) > 0
}

async function mergeOne(order: Order): Promise<void> {
  const { task, run } = order
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const main = await presentMain(task.projectId)
    const merged = await ontoMain(order, main)
    if (!merged.ok) return end(order, 'conflict', describeConflicts(merged.conflicts))
    const count = await executeProof(
      orderFor(task, { runId: run.id, attempt: run.attempt, phase: 'merge', commit: merged.commit }),
      order.signal,
    )
    if (count.failed > 0) return end(order, 'checks_failed', await failures(task.id, merged.commit))
    // From here on it can't be taken back: what people ended meanwhile does not reach main.
    if (!(await isMerging(task.id))) return end(order, 'checks_failed', STOPPED)
    if (await advanceMain({ projectId: task.projectId, from: main, to: merged.commit })) {
      await end(order, 'merged', '', main, merged.commit)
      return clearAway(task)
    }
  }
  throw new Error(`main of project ${task.projectId} kept moving during ${MOST_TRIES} merges`)
}

/** The commit to check and merge: main itself when the run changed nothing or an earlier try has merged it already. */
async function ontoMain(order: Order, main: string) {
  const { task, run } = order
  if (!run.commit || run.commit === run.baseCommit) return { ok: true as const, commit: main }
  const trailers = {
    Task: task.ref,
    Run: run.id,
    ...(run.providerMode === 'scripted' ? { Scripted: 'yes, no AI model was called' } : {}),
  }
  return mergeOnto({
    projectId: task.projectId,
    main,
    commit: run.commit,
    message: `${task.ref} ${task.title}`,
    trailers,
  })
}

/** The worktrees of a merged task are not needed any more; those of tasks that failed stay to be looked at. */
async function clearAway(task: Task): Promise<void> {
  const runs = await database().run.findMany({ where: { taskId: task.id, purpose: 'implement' }, select: { id: true } })
  for (const run of runs) await closeWorktree({ projectId: task.projectId, runId: run.id })
}

async function failures(taskId: string, commit: string): Promise<string> {
  return describeFailures(await database().check.findMany({ where: { taskId, commit, phase: 'merge', passed: false } }))
}

/** What a merge came to, once: a worker that was frozen and comes back finds that another one has ended it. */
async function end(
  order: Omit<Order, 'signal'>,
  status: string,
  detail: string,
  onto?: string,
  merged?: string,
): Promise<void> {
  const { scope, merge, task, run } = order
  await transaction(async (tx) => {
    const { count } = await tx.merge.updateMany({
      where: { id: merge.id, status: 'queued' },
      data: { status, detail, ontoCommit: onto, mergedCommit: merged },
    })
    if (count === 0) return
    await append(tx, scope, [
      {
        type: 'merge.ended',
        projectId: task.projectId,
        requirementId: task.requirementId,
        taskId: task.id,
        runId: run.id,
        payload: { ref: task.ref, status, detail: detail.slice(0, 500) },
      },
    ])
  })
}
