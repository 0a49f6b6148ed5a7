import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { raiseDecision } from '#server/decisions/commands'
import { AppError } from '#server/kernel/app-error'
import type { JobData } from '#server/kernel/job'
import { database } from '#server/platform/database/client'
import type { Task } from '#server/platform/database/generated/client'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { presentMain } from '#server/workspaces/ensure'
import { executeProof, orderFor } from './evidence'

/** Job `prove-task`: the acceptance commands on the commit that a run made. */
export async function proveTask(job: JobData, signal: AbortSignal): Promise<void> {
  const scope = systemScope(job.organizationId)
  const task = await database().task.findUniqueOrThrow({ where: { id: job.taskId as string } })
  const run = await database().run.findUniqueOrThrow({ where: { id: job.runId as string } })
  if (task.status !== 'proving' || !run.commit) return
  try {
    const count = await executeProof(
      orderFor(task, { runId: run.id, attempt: run.attempt, phase: 'task', commit: run.commit }),
      signal,
    )
    await record(scope, task, run.id, count)
  } catch (error) {
    await withoutSandbox(scope, task, run.id, error)
  }
}

async function record(
  scope: Scope,
  task: Task,
  runId: string,
  count: { passed: number; failed: number },
): Promise<void> {
  await transaction((tx) =>
    append(tx, scope, [
      {
        type: 'proof.recorded',
        projectId: task.projectId,
        requirementId: task.requirementId,
        taskId: task.id,
        runId,
        payload: { ref: task.ref, ...count },
      },
    ]),
  )
}

/** Fails closed: without a sandbox nothing is executed and a person is asked; nothing is lost meanwhile. */
async function withoutSandbox(scope: Scope, task: Task, runId: string, error: unknown): Promise<void> {
  if (!(error instanceof AppError) || error.code !== 'sandbox-unavailable') throw error
  await transaction(async (tx) => {
    const earlier = await tx.decision.count({ where: { taskId: task.id, kind: 'sandbox_missing' } })
    await raiseDecision(scope, {
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
          consequence: 'After the sandbox was repaired. The work so far is kept.',
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
      recommendedWhy: 'Run "npm run doctor": it says what is missing and how to install it.',
      dedupeKey: `${task.id}:sandbox_missing:${earlier}`,
    })
    await tx.task.update({
      where: { id: task.id },
      data: { status: 'asking', statusReason: 'Waits for a decision: there is no sandbox to prove it in.' },
    })
  })
}

/** Job `verify-requirement`: every acceptance command of every finished task once more, on what was merged. */
export async function verifyRequirement(job: JobData, signal: AbortSignal): Promise<void> {
  const scope = systemScope(job.organizationId)
  const requirement = await database().requirement.findUniqueOrThrow({ where: { id: job.requirementId as string } })
  if (requirement.verification !== 'requested') return
  const tasks = await database().task.findMany({ where: { requirementId: requirement.id, status: 'done' } })
  const commit = requirement.finalCommit ?? (await presentMain(requirement.projectId))
  await database().requirement.update({ where: { id: requirement.id }, data: { finalCommit: commit } })
  let passed = 0
  let failed = 0
  for (const task of tasks) {
    const count = await executeProof(
      orderFor(task, { runId: null, attempt: task.attempt, phase: 'final', commit }),
      signal,
    )
    passed += count.passed
    failed += count.failed
  }
  await transaction(async (tx) => {
    const { count } = await tx.requirement.updateMany({
      where: { id: requirement.id, verification: 'requested' },
      data: { verification: 'recorded' },
    })
    if (count === 0) return
    await append(tx, scope, [
      {
        type: 'verification.recorded',
        projectId: requirement.projectId,
        requirementId: requirement.id,
        payload: { passed, failed },
      },
    ])
  })
}
