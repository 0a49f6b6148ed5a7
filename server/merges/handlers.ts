import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import type { JobData } from '#server/kernel/job'
import { database } from '#server/platform/database/client'
import type { Merge, Run, Task } from '#server/platform/database/generated/client'
import { withLock } from '#server/platform/database/lock'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { executeProof, orderFor } from '#server/proofs/evidence'
import { describeFailures } from '#server/proofs/rules/failures'
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
 * commands run once more on the merged tree, and main steps forward only if it is still where the check saw it.
 */
export async function mergeTask(job: JobData, signal: AbortSignal): Promise<void> {
  const scope = systemScope(job.organizationId)
  await withLock(`merge:${job.projectId}`, async () => {
    const merge = await database().merge.findUnique({ where: { runId: job.runId as string } })
    if (merge?.status !== 'queued') return
    const task = await database().task.findUniqueOrThrow({ where: { id: merge.taskId } })
    const run = await database().run.findUniqueOrThrow({ where: { id: merge.runId } })
    if (task.status !== 'merging')
      return end({ scope, merge, task, run, signal }, 'checks_failed', 'The task was stopped.')
    await mergeOne({ scope, merge, task, run, signal })
  })
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

async function end(order: Order, status: string, detail: string, onto?: string, merged?: string): Promise<void> {
  const { scope, merge, task, run } = order
  await transaction(async (tx) => {
    await tx.merge.update({
      where: { id: merge.id },
      data: { status, detail, ontoCommit: onto, mergedCommit: merged, endedAt: new Date() },
    })
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
