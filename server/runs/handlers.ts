import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { settleAbandoned } from '#server/budgets/reservations'
import { settleWalls, type WallEnd } from '#server/budgets/walls'
import type { EventDraft } from '#server/kernel/event'
import type { JobData } from '#server/kernel/job'
import { databaseNow } from '#server/platform/database/clock'
import type { Agent, Run } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { cancelRequirement, wakeRequirements } from '#server/requirements/commands'
import { isClosed, requirementStatusSchema } from '#server/requirements/model'
import { freeAgain, nextActorOf } from '#server/tasks/rules/next-actor'
import { runEvent } from './journal'

/**
 * Settles what can be settled of the organization's used-up budgets, and sets in motion whatever waited: the budget is
 * raised, the decision and the runs change in one transaction. Running twice is harmless.
 */
export async function settleBudgetWalls(job: JobData): Promise<void> {
  const scope = systemScope(job.organizationId)
  await transaction(async (tx) => {
    const followers: Followers = { events: [], wake: new Set() }
    const locked = await lockWaiting(tx, scope)
    for (const { decisionId, end } of await settleWalls(tx, scope)) {
      await endWaiting(tx, scope, decisionId, { end, locked, followers })
    }
    await wakeRequirements(tx, scope.organizationId, [...followers.wake])
    await append(tx, scope, followers.events)
  })
}

/** What is told at the end, and the requirements whose runs the scheduler sets going. */
interface Followers {
  events: EventDraft[]
  wake: Set<string>
}

/** Requirements of waiting runs, in a fixed order and before anything else: the scheduler holds the same locks. */
async function lockWaiting(tx: Transaction, scope: Scope): Promise<Set<string>> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    select id from "Requirement" where id in (
      select distinct run."requirementId" from "Run" run join "BudgetWall" wall on wall."decisionId" = run."waitsFor"
      where wall."organizationId" = ${scope.organizationId}::uuid and wall."settledAt" is null and run.status = 'asking'
    ) order by id for update`
  return new Set(rows.map(({ id }) => id))
}

async function endWaiting(
  tx: Transaction,
  scope: Scope,
  decisionId: string,
  { end, locked, followers }: { end: WallEnd; locked: ReadonlySet<string>; followers: Followers },
): Promise<void> {
  const runs = await tx.run.findMany({
    where: { waitsFor: decisionId, status: 'asking', organizationId: scope.organizationId },
    orderBy: { createdAt: 'asc' },
  })
  if (runs.some((run) => !locked.has(run.requirementId))) throw new Error('a run joined meanwhile: once more')
  if (end.kind === 'stop' && end.level !== 'task') {
    return stopRequirements(tx, scope, runs, end.reason)
  }
  const goOn = async (run: Run) => {
    await resume(tx, run)
    followers.wake.add(run.requirementId)
  }
  for (const run of runs) {
    const cheaper = end.kind === 'cheaper' ? await cheaperAgent(tx, scope, run, end.agentId) : null
    // Asking with its question answered: the scheduler ends the task.
    if (end.kind === 'stop') followers.events.push(await stop(tx, run, end.reason))
    else if (cheaper) followers.events.push(await handOver(tx, run, cheaper))
    else await goOn(run)
  }
}

/**
 * It can go on where it stopped. The scheduler sets it going: its slot was free meanwhile, so others may have taken it,
 * and what people have paused stays paused.
 */
async function resume(tx: Transaction, run: Run): Promise<void> {
  const requirement = await tx.requirement.findUniqueOrThrow({ where: { id: run.requirementId } })
  const task = run.taskId ? await tx.task.findUniqueOrThrow({ where: { id: run.taskId } }) : null
  const paused = [requirement, task].find((row) => row?.pausedAt)
  const situation = paused ? ({ kind: 'paused', by: paused.pausedBy || 'somebody' } as const) : freeAgain
  const { actor, id, name, reason, deadline } = nextActorOf(situation, await databaseNow(tx))
  const next = { nextActor: actor, nextActorId: id, nextActorName: name, nextReason: reason, nextDeadline: deadline }
  await tx.run.update({ where: { id: run.id }, data: { waitsFor: null, heldSince: null, status: 'paused', ...next } })
  await follow(tx, run)
}

/** The task was laid aside with its run, and goes on with it. */
async function follow(tx: Transaction, run: Run): Promise<void> {
  if (!run.taskId) return
  const status = run.purpose === 'review' ? 'reviewing' : 'running'
  await tx.task.updateMany({
    where: { id: run.taskId, status: 'asking' },
    data: { status, statusReason: 'Going on: the budget was decided about.' },
  })
}

/** Ends the attempt; the scheduler finds the run failed and the decision answered. */
async function stop(tx: Transaction, run: Run, message: string): Promise<EventDraft> {
  return endAtWall(tx, run, { status: 'failed', code: 'budget-wall', message }, { status: 'asking' })
}

interface Ended {
  status: 'failed' | 'cancelled'
  code: string
  message: string
}

async function endAtWall(
  tx: Transaction,
  run: Run,
  { status, code, message }: Ended,
  task: { status?: string; wantedAgentId?: string },
): Promise<EventDraft> {
  await tx.run.update({
    where: { id: run.id },
    data: { status, errorCode: code, errorMessage: message, waitsFor: null },
  })
  await follow(tx, run)
  if (run.taskId)
    await tx.task.updateMany({ where: { id: run.taskId, status: { in: ['running', 'reviewing'] } }, data: task })
  return runEvent(run, 'run.failed', { purpose: run.purpose, attempt: run.attempt, code, message })
}

/** Work on a task that the cheaper agent can do goes to it; everything else tries again as it is. */
async function cheaperAgent(tx: Transaction, scope: Scope, run: Run, agentId: string): Promise<Agent | null> {
  const agent = await tx.agent.findFirst({
    where: { id: agentId, organizationId: scope.organizationId, enabled: true },
  })
  const task = run.taskId ? await tx.task.findUniqueOrThrow({ where: { id: run.taskId } }) : null
  const fits = agent && task && run.purpose === 'implement' && agent.capabilities.includes(task.capability)
  return fits ? agent : null
}

async function handOver(tx: Transaction, run: Run, agent: Agent): Promise<EventDraft> {
  // Cancelled: it is nobody's failure, and the scheduler starts a new attempt instead of ending the task.
  const message = `The budget was used up; ${agent.name} goes on for less.`
  return endAtWall(tx, run, { status: 'cancelled', code: 'handed-over', message }, { wantedAgentId: agent.id })
}

async function stopRequirements(tx: Transaction, scope: Scope, runs: Run[], reason: string): Promise<void> {
  const ids = [...new Set(runs.map((run) => run.requirementId))].sort()
  for (const requirementId of ids) {
    const row = await tx.requirement.findUniqueOrThrow({ where: { id: requirementId }, select: { status: true } })
    if (isClosed(requirementStatusSchema.parse(row.status))) continue
    await cancelRequirement(scope, { requirementId, reason })
  }
}

/** Milliseconds that a live worker has to settle a call itself before others do it. */
const SETTLED_BY_ITSELF_MS = 30_000

/** Reservations of workers that are gone, of runs that nobody takes over. */
export function settleReservations(): Promise<number> {
  return settleAbandoned(SETTLED_BY_ITSELF_MS)
}
