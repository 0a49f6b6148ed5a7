import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { raiseDecision } from '#server/decisions/commands'
import { AppError } from '#server/kernel/app-error'
import type { JobData } from '#server/kernel/job'
import { database } from '#server/platform/database/client'
import { databaseNow } from '#server/platform/database/clock'
import type { Prisma, Requirement, Task } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { wakeRequirements } from '#server/requirements/commands'
import { actorMs } from '#server/tasks/rules/next-actor'
import { presentMain } from '#server/workspaces/ensure'
import { executeProof, orderFor } from './evidence'
import { restsWhilePaused } from './paused'
import { failing, isMended, sayOnTask } from './tried-again'
import { whileWanted } from './wanted'

/** Job `prove-task`: the acceptance commands on the commit that a run made. */
export async function proveTask(job: JobData, signal: AbortSignal): Promise<void> {
  const scope = systemScope(job.organizationId)
  const task = await database().task.findUniqueOrThrow({ where: { id: job.taskId as string } })
  const run = await database().run.findUniqueOrThrow({ where: { id: job.runId as string } })
  if (task.status !== 'proving' || !run.commit || (await restsWhilePaused(task, 'proving'))) return
  const order = orderFor(task, { runId: run.id, attempt: run.attempt, phase: 'task', commit: run.commit })
  try {
    const count = await whileWanted(
      signal,
      () => isProving(task.id),
      (stop) => executeProof(order, stop),
    )
    if (count) await record(scope, task, run.id, count)
  } catch (error) {
    if (signal.aborted) throw error
    await withoutSandbox(scope, task, run.id, error)
  }
}

async function isProving(id: string): Promise<boolean> {
  return (await database().task.count({ where: { id, status: 'proving' } })) > 0
}

/** Tells of the proof, if the task still waits for it: this worker may have been frozen meanwhile. */
async function record(
  scope: Scope,
  task: Task,
  runId: string,
  count: { passed: number; failed: number },
): Promise<void> {
  await transaction(async (tx) => {
    if (!(await lockProving(tx, task.id))) return
    await append(tx, scope, [
      {
        type: 'proof.recorded',
        projectId: task.projectId,
        requirementId: task.requirementId,
        taskId: task.id,
        runId,
        payload: { ref: task.ref, ...count },
      },
    ])
  })
}

/** Whether the task still waits for its proof; then it does so until the transaction ends. */
async function lockProving(tx: Transaction, taskId: string): Promise<boolean> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    select id from "Task" where id = ${taskId}::uuid and status = 'proving' for update`
  return rows.length > 0
}

/** Fails closed: without a sandbox nothing is executed and a person is asked; nothing is lost meanwhile. */
async function withoutSandbox(scope: Scope, task: Task, runId: string, error: unknown): Promise<void> {
  if (!(error instanceof AppError) || error.code !== 'sandbox-unavailable') {
    await transaction(async (tx) => sayOnTask(tx, task, 'proving', await failing(tx, task, error, 'proven'))).catch(
      () => {},
    )
    throw error
  }
  await transaction(async (tx) => {
    // Whoever ended the task meanwhile has ended the question too.
    if (!(await lockProving(tx, task.id))) return
    const earlier = await tx.decision.count({ where: { taskId: task.id, kind: 'sandbox_missing' } })
    const decision = await raiseDecision(scope, {
      projectId: task.projectId,
      requirementId: task.requirementId,
      taskId: task.id,
      runId,
      kind: 'sandbox_missing',
      question: `This machine has no working sandbox, so ${task.ref} can't be proven. What now?`,
      why: error.message,
      options: [
        {
          id: 'retry',
          label: 'Try again',
          consequence: 'At once. The work so far is kept.',
          reversible: true,
        },
        {
          id: 'skip',
          label: 'Leave it out',
          consequence: 'The task ends as failed: unproven is not done.',
          reversible: false,
        },
        {
          id: 'cancel',
          label: 'Stop the requirement',
          consequence: 'Everything stops. What is merged stays.',
          reversible: false,
        },
      ],
      recommended: 'retry',
      recommendedWhy:
        'Run "npm run doctor": it says what is missing and how to install it. Once there is a sandbox, Orchestrator goes on by itself and withdraws this question.',
      // Looking once more is harmless; without a sandbox it only asks again.
      defaultOption: 'retry',
      defaultAfterMs: 3600_000,
      resumes: `Orchestrator proves ${task.ref}; the work of its agent is kept.`,
      features: { errorClass: 'sandbox-unavailable' },
      dedupeKey: `${task.id}:sandbox_missing:${earlier}`,
    })
    await tx.task.update({
      where: { id: task.id },
      data: {
        status: 'asking',
        statusReason: 'Waits for a decision: there is no sandbox to prove it in.',
        nextActor: 'group',
        nextActorId: decision.id,
        nextActorName: 'The team',
        nextReason: `Waits for the answer of the team: what to do without a sandbox for ${task.ref}.`,
        nextDeadline: new Date((await databaseNow(tx)).getTime() + actorMs.person),
      },
    })
    const { organizationId, requirementId } = task
    await wakeRequirements(tx, organizationId, [requirementId])
  })
}

/** Job `verify-requirement`: every acceptance command of every finished task once more, on what was merged. */
export async function verifyRequirement(job: JobData, signal: AbortSignal): Promise<void> {
  const id = job.requirementId as string
  const asked = { id, status: 'in_progress', verification: 'requested', pausedAt: null }
  try {
    await verify(job, signal, asked)
  } catch (error) {
    if (!signal.aborted) await sayOnRequirement(asked, error).catch(() => {})
    throw error
  }
}

async function sayOnRequirement(asked: Prisma.RequirementWhereInput, error: unknown): Promise<void> {
  await transaction(async (tx) => {
    const requirement = await tx.requirement.findFirst({ where: asked })
    if (!requirement) return
    const says = await failing(tx, requirement, error, 'verified')
    await tx.requirement.updateMany({ where: { ...asked, nextReason: { not: says.nextReason } }, data: says })
  })
}

async function verify(job: JobData, signal: AbortSignal, asked: Prisma.RequirementWhereInput): Promise<void> {
  const scope = systemScope(job.organizationId)
  const requirement = await database().requirement.findUniqueOrThrow({ where: { id: job.requirementId as string } })
  const isAsked = async () => (await database().requirement.count({ where: asked })) > 0
  if (!(await isAsked())) return whilePaused(requirement.id)
  if (await isMended(requirement)) await wake(requirement)
  const tasks = await database().task.findMany({ where: { requirementId: requirement.id, status: 'done' } })
  const commit = requirement.finalCommit ?? (await presentMain(requirement.projectId))
  await database().requirement.update({ where: { id: requirement.id }, data: { finalCommit: commit } })
  const result = await whileWanted(signal, isAsked, async (stop) => {
    let passed = 0
    let failed = 0
    for (const task of tasks) {
      const count = await executeProof(
        orderFor(task, { runId: null, attempt: task.attempt, phase: 'final', commit }),
        stop,
      )
      passed += count.passed
      failed += count.failed
    }
    return { passed, failed }
  })
  const recorded = result && (await recordVerification(scope, requirement, asked, result))
  if (!recorded) await whilePaused(requirement.id)
}

/** The scheduler says anew whose turn it is. */
function wake({ organizationId, id }: Requirement): Promise<void> {
  return transaction((tx) => wakeRequirements(tx, organizationId, [id]))
}

/** Nothing is verified while people have paused it: it is asked for anew when they go on. What was run stays stored. */
async function whilePaused(id: string): Promise<void> {
  await database().requirement.updateMany({
    where: { id, status: 'in_progress', verification: 'requested', pausedAt: { not: null } },
    data: { verification: 'none', finalCommit: null },
  })
}

/** @returns false when nobody asks for it any more */
async function recordVerification(
  scope: Scope,
  requirement: Requirement,
  asked: Prisma.RequirementWhereInput,
  result: { passed: number; failed: number },
): Promise<boolean> {
  return transaction(async (tx) => {
    const { count } = await tx.requirement.updateMany({ where: asked, data: { verification: 'recorded' } })
    if (count === 0) return false
    await append(tx, scope, [
      {
        type: 'verification.recorded',
        projectId: requirement.projectId,
        requirementId: requirement.id,
        payload: result,
      },
    ])
    return true
  })
}
