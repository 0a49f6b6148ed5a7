import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { raiseDecision } from '#server/decisions/commands'
import type { JobName } from '#server/flow'
import { messageOf } from '#server/kernel/app-error'
import { databaseNow } from '#server/platform/database/clock'
import type { Requirement } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { logger } from '#server/platform/logging/logger'
import { enqueue } from '#server/platform/queue/queue'
import { lockRequirement, wakeRequirements } from '#server/requirements/commands'
import { nextActorOf } from '#server/tasks/rules/next-actor'
import { actorColumns } from './repository/changes'
import { endLostWaits, lostRows } from './repository/lost'
import {
  AT_ONCE,
  jobStates,
  moveDeadline,
  type OverdueRow,
  overdueRequirements,
  overdueRows,
} from './repository/overdue'
import { latePlan, lateTask } from './rules/late-questions'
import { decideOverdue, type Verdict } from './rules/overdue'

/**
 * Periodic: finds every next actor that missed its deadline, by the database's clock, and every row whose job is gone
 * from the queue, whatever its deadline; and does something about it. Each act is told in an event, and moves the
 * deadline. Only timers are quiet: they did what they are for.
 */
export async function watch(): Promise<number> {
  let seen = 0
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const found = await watchSome()
    seen += found
    if (found < AT_ONCE) break
  }
  return seen
}

/** Looks that follow each other while more is overdue than one takes: after an outage all of it is, at once. */
const MOST_ROUNDS = 20

async function watchSome(): Promise<number> {
  const lost = new Map((await lostRows()).map((row) => [row.requirementId, row.organizationId]))
  const late = new Map((await overdueRequirements()).map((row) => [row.requirementId, row.organizationId]))
  const all = new Map([...lost, ...late])
  for (const [requirementId, organizationId] of all) {
    const look = { requirementId, lost: lost.has(requirementId) }
    await transaction((tx) => watchOne(tx, systemScope(organizationId), look)).catch((error) =>
      logger().warn({ err: error, requirementId }, `the watchdog will look again: ${messageOf(error)}`),
    )
  }
  return all.size
}

interface Look {
  requirementId: string
  /** whether rows of it were seen whose job is gone */
  lost: boolean
}

/** All that is overdue in one requirement, under its lock; then the scheduler looks at what is left. */
async function watchOne(tx: Transaction, scope: Scope, { requirementId, lost }: Look): Promise<void> {
  const requirement = await lockRequirement(tx, scope, requirementId)
  if (lost) await endLostWaits(tx, requirementId)
  const rows = await overdueRows(tx, requirementId)
  const jobs = await jobStates(tx, rows)
  for (const row of rows) {
    const job = jobs.get(row.noun === 'requirement' ? row.id : (row.runId ?? row.taskId ?? row.id)) ?? 'none'
    const verdict = decideOverdue({ ...row, job })
    await moveDeadline(tx, row, verdict.moveMs)
    await act(tx, scope, requirement, row, verdict)
    if (verdict.act !== 'timer') await tell(tx, scope, requirement, row, verdict)
  }
  if (rows.length > 0) await wakeRequirements(tx, scope.organizationId, [requirementId])
}

async function act(
  tx: Transaction,
  scope: Scope,
  requirement: Requirement,
  row: OverdueRow,
  verdict: Verdict,
): Promise<void> {
  switch (verdict.act) {
    case 'timer':
      if (row.noun === 'task') await backToTurn(tx, row)
      return
    case 'enqueue':
      return addJob(tx, requirement, row)
    case 'take-back':
      await tx.run.updateMany({
        where: { id: row.id, status: 'running' },
        data: { status: 'queued', worker: null, lease: { increment: 1 } },
      })
      return addJob(tx, requirement, row)
    case 'give-up':
      return giveUp(tx, scope, requirement, row)
    case 'ask':
      return ask(tx, scope, requirement, row)
    default:
      return
  }
}

/** A timer of a waiting task is over: it waits for its turn now. */
async function backToTurn(tx: Transaction, row: OverdueRow): Promise<void> {
  await tx.task.updateMany({
    where: { id: row.id, status: { in: ['waiting', 'ready'] }, openDependencies: 0 },
    data: actorColumns(nextActorOf({ kind: 'turn' }, await databaseNow(tx))),
  })
}

const jobOf: Record<OverdueRow['noun'], JobName> = {
  run: 'execute-run',
  task: 'prove-task',
  merge: 'merge-task',
  requirement: 'verify-requirement',
  decision: 'advance-requirement',
}

async function addJob(tx: Transaction, requirement: Requirement, row: OverdueRow): Promise<void> {
  const { organizationId, projectId, id: requirementId } = requirement
  const runId = row.noun === 'task' ? await newestRun(tx, row.id) : row.runId
  const ids = { organizationId, projectId, requirementId, taskId: row.taskId ?? undefined, runId: runId ?? undefined }
  const atWall = row.noun === 'run' && row.status === 'asking'
  await enqueue(tx, [{ job: { name: atWall ? 'settle-budget-walls' : jobOf[row.noun], ...ids } }])
}

async function newestRun(tx: Transaction, taskId: string): Promise<string | null> {
  const run = await tx.run.findFirst({
    where: { taskId, purpose: 'implement' },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    select: { id: true },
  })
  return run?.id ?? null
}

/** Ends the attempt like any other failure: the scheduler starts another one, or asks another agent. */
async function giveUp(tx: Transaction, scope: Scope, requirement: Requirement, row: OverdueRow): Promise<void> {
  const message = 'The attempt was given up: its time was used up, or no worker could finish it.'
  const run = await tx.run.update({
    where: { id: row.id },
    data: {
      status: 'failed',
      waitsFor: null,
      errorCode: 'time-limit',
      errorMessage: message,
      lease: { increment: 1 },
    },
    select: { purpose: true, attempt: true },
  })
  await append(tx, scope, [
    {
      type: 'run.failed',
      projectId: requirement.projectId,
      requirementId: requirement.id,
      taskId: row.taskId ?? undefined,
      runId: row.id,
      payload: { ...run, code: 'time-limit', message },
    },
  ])
}

/**
 * Nothing helped: people say whether it is tried again, left out, or everything stops. Whatever was under way ends
 * first, so that it can't come back beside what follows from the answer.
 */
async function ask(tx: Transaction, scope: Scope, requirement: Requirement, row: OverdueRow): Promise<void> {
  if (row.noun === 'run') await giveUp(tx, scope, requirement, row)
  if (row.noun === 'merge') {
    const data = { status: 'checks_failed', detail: 'Given up: its job got lost again and again.' }
    await tx.merge.updateMany({ where: { id: row.id, status: 'queued' }, data })
  }
  const late = { ref: row.ref, times: row.times, reason: row.nextReason }
  const ids = { projectId: requirement.projectId, requirementId: requirement.id }
  if (!row.taskId) {
    const earlier = await tx.decision.count({ where: { requirementId: requirement.id, taskId: null } })
    await raiseDecision(scope, { ...ids, ...latePlan(requirement, late, earlier) })
    return
  }
  const { taskId } = row
  const earlier = await tx.decision.count({ where: { taskId } })
  const decision = await raiseDecision(scope, { ...ids, ...lateTask(taskId, late, earlier) })
  const { question } = await tx.decision.findUniqueOrThrow({ where: { id: decision.id }, select: { question: true } })
  const situation = { kind: 'decision', id: decision.id, who: null, question, default: null, deadline: null } as const
  await tx.task.updateMany({
    where: { id: taskId, status: { notIn: ['done', 'failed', 'cancelled'] } },
    data: {
      status: 'asking',
      statusReason: `Waits for a decision: ${question}`,
      ...actorColumns(nextActorOf(situation, await databaseNow(tx))),
    },
  })
}

async function tell(
  tx: Transaction,
  scope: Scope,
  requirement: Requirement,
  row: OverdueRow,
  verdict: Verdict,
): Promise<void> {
  await append(tx, scope, [
    {
      type: 'actor.overdue',
      projectId: requirement.projectId,
      requirementId: requirement.id,
      taskId: row.taskId ?? undefined,
      runId: row.runId ?? undefined,
      decisionId: row.noun === 'decision' ? row.id : undefined,
      payload: {
        noun: row.noun,
        ref: row.ref.slice(0, 200),
        actor: row.nextActorName || row.actor,
        reason: row.nextReason,
        act: verdict.act,
        done: verdict.done,
        times: row.times + 1,
      },
    },
  ])
}
