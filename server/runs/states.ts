import type { Scope } from '#server/auth/model'
import { settleLost } from '#server/budgets/reservations'
import { joinWall, type Refused } from '#server/budgets/walls'
import { backoff } from '#server/kernel/backoff'
import { cleanText } from '#server/kernel/clean-text'
import type { EventDraft } from '#server/kernel/event'
import { databaseNow } from '#server/platform/database/clock'
import { direct } from '#server/platform/database/direct'
import type { Run } from '#server/platform/database/generated/client'
import { reader, type Transaction, transaction } from '#server/platform/database/transaction'
import { append, appendAbout, appendWith } from '#server/platform/events/log'
import { enqueue } from '#server/platform/queue/queue'
import { inSentence, TEAM } from '#server/tasks/model'
import { actorMs } from '#server/tasks/rules/next-actor'
import { runEvent } from './journal'
import { holdLease, type Lease, leaseRefused } from './lease'
import { claimOnce, type Ending, endOf, type Found, findRun, firstClaim } from './repository'
import { workLimitMs } from './rules/caps'
import { type PinnedAgent, pinned, pinnedSchema } from './rules/pinned'

export interface Claim {
  run: Run
  lease: Lease
  agent: PinnedAgent
  /** milliseconds that this attempt may work in all */
  limitMs: number
  /** turns that its journal holds */
  turns: number
}

/** Milliseconds after a timer until the watchdog looks. */
const SLACK_MS = 2 * 60_000

/**
 * Takes a run for this worker. Null when it has ended, is paused, waits for people, or its time has not come: then
 * there is nothing to do.
 */
export async function claimRun(scope: Scope, runId: string, worker: string): Promise<Claim | null> {
  return (await claimFresh(scope, runId, worker)) ?? transaction((tx) => claimAgain(tx, scope, runId, worker))
}

/** Most runs are claimed once: one statement for the claim, its event, and all that is known of the run. */
async function claimFresh(scope: Scope, runId: string, worker: string): Promise<Claim | null> {
  const claimed = await appendAbout<Found>(scope, firstClaim(scope, runId, worker), { type: 'run.started', runId })
  return claimed && claimOf(reader(), claimed)
}

/** A run that waited, or that another worker held: what that one left open is settled. */
async function claimAgain(tx: Transaction, scope: Scope, runId: string, worker: string): Promise<Claim | null> {
  const claimed = await claimOnce(tx, scope, runId, worker)
  const found = claimed && (await findRun(tx, scope, runId))
  if (!found) return null
  const claim = await claimOf(tx, found)
  const { run, agent } = claim
  await settleLost(tx, run.id, run.lease)
  const reason = `${agent.name} is at work.`
  const next = { actor: 'agent', id: run.id, name: agent.name, reason, deadlineMs: actorMs.attempt } as const
  await tellWaiting(tx, run, next)
  if (claimed.first) await append(tx, scope, [started(run)])
  return claim
}

async function claimOf(tx: Transaction, { turns, budgetMs, ...run }: Found): Promise<Claim> {
  const agent = await agentOf(tx, run)
  const limitMs = workLimitMs(agent, budgetMs === null ? null : Number(budgetMs))
  return { run, lease: { runId: run.id, number: run.lease }, agent, limitMs, turns: Number(turns) }
}

function started(run: Run): EventDraft {
  const { purpose, attempt, providerMode } = run
  return runEvent(run, 'run.started', { purpose, attempt, scripted: providerMode === 'scripted' })
}

/** The agent as the run keeps it; runs that were made before agents were kept with them look at the agent's row. */
async function agentOf(tx: Transaction, run: Run): Promise<PinnedAgent> {
  const kept = pinnedSchema.safeParse(run.agentSettings)
  if (kept.success) return kept.data
  const where = { id: run.agentId, organizationId: run.organizationId }
  return pinned(await tx.agent.findFirstOrThrow({ where }))
}

interface Next {
  actor: 'agent' | 'timer' | 'group' | 'person' | 'system'
  id: string | null
  name: string
  reason: string
  /** from now */
  deadlineMs: number
}

type RunRef = Pick<Run, 'id' | 'taskId' | 'requirementId'>

/** Who acts next, on the run and on what waits for it. */
async function tellNext(tx: Transaction, run: RunRef, next: Next): Promise<void> {
  const { actor, id, name, reason, deadlineMs } = next
  await direct(tx).changed`
    update "Run" set "nextActor" = ${actor}, "nextActorId" = ${id}, "nextActorName" = ${name}, "nextReason" = ${reason},
      "nextDeadline" = now() + make_interval(secs => ${deadlineMs / 1000}::double precision) where id = ${run.id}::uuid`
  await tellWaiting(tx, run, next)
}

/** The same on what waits for the run: its task, or while it plans, its requirement. */
async function tellWaiting(tx: Transaction, run: RunRef, next: Next): Promise<void> {
  const { actor, id, name, reason, deadlineMs } = next
  const seconds = deadlineMs / 1000
  if (run.taskId) {
    await direct(tx).changed`
      update "Task" set "nextActor" = ${actor}, "nextActorId" = ${id}, "nextActorName" = ${name}, "nextReason" = ${reason},
        "nextDeadline" = now() + make_interval(secs => ${seconds}::double precision)
      where id = ${run.taskId}::uuid and status in ('running', 'reviewing')`
    return
  }
  await direct(tx).changed`
    update "Requirement" set "nextActor" = ${actor}, "nextActorId" = ${id}, "nextActorName" = ${name},
      "nextReason" = ${reason}, "nextDeadline" = now() + make_interval(secs => ${seconds}::double precision)
    where id = ${run.requirementId}::uuid and status = 'planning'`
}

/** Lays the run aside until a person has answered the question of a tool call. No job is held meanwhile. */
export async function layAside(
  scope: Scope,
  lease: Lease,
  run: Run,
  callId: string,
  decisionId: string,
): Promise<void> {
  await transaction(async (tx) => {
    await holdLease(tx, lease)
    const decision = await tx.decision.findUniqueOrThrow({ where: { id: decisionId } })
    await tx.toolCall.update({ where: { id: callId }, data: { state: 'asking', decisionId } })
    await tx.run.update({
      where: { id: run.id },
      data: {
        status: 'asking',
        // A question about a budget that it waited for before has nothing to say any more.
        waitsFor: null,
        nextActor: decision.nextActor === 'person' ? 'person' : 'group',
        nextActorId: decision.id,
        nextActorName: decision.nextActorName || TEAM,
        nextReason: `Waits for the answer of ${inSentence(decision.nextActorName || TEAM)}: ${decision.question}`,
        nextDeadline: decision.deadline ?? new Date((await databaseNow(tx)).getTime() + actorMs.person),
      },
    })
    await append(tx, scope, [
      { ...runEvent(run, 'run.asked', { question: decision.question }), decisionId },
      // Whoever answered before the run was laid aside finds it here: the scheduler looks once more.
      ...(decision.status === 'open' ? [] : [runEvent(run, 'run.finished', { purpose: run.purpose, answered: true })]),
    ])
  })
}

/** Milliseconds until a run looks again whether calls under way gave back what they had reserved. */
const LOOK_AGAIN_MS = 3_000

/**
 * Lays the run aside at the wall of a budget: it joins the one question of that budget. If calls under way will give
 * back enough, it only waits for them, and nobody is asked.
 * @returns what it waits for, in words
 */
export async function layAsideAtWall(
  scope: Scope,
  lease: Lease,
  run: Run,
  refused: Omit<Refused, 'run' | 'heldMs'>,
): Promise<string> {
  return transaction(async (tx) => {
    await holdLease(tx, lease)
    const now = (await databaseNow(tx)).getTime()
    const heldMs = run.heldSince ? now - run.heldSince.getTime() : 0
    const wall = await joinWall(tx, scope, { ...refused, run, heldMs })
    if (wall.kind === 'wait') {
      const reason = 'Waits until calls under way give back what they reserved of the budget.'
      // Not all at the same moment, or the same ones would always be first.
      await putBack(tx, run, { ms: LOOK_AGAIN_MS * (0.7 + Math.random() * 0.6), reason })
      return reason
    }
    await tx.run.update({ where: { id: run.id }, data: { status: 'asking', waitsFor: wall.decisionId } })
    const { actor, name } = wall.asked
    const reason = `Waits for ${inSentence(name)} to decide about the budget: ${wall.question}`
    const deadlineMs = wall.deadline.getTime() - now
    await tellNext(tx, run, { actor, id: wall.decisionId, name, reason, deadlineMs })
    const asked = runEvent(run, 'run.asked', { question: wall.question })
    await append(tx, scope, [{ ...asked, decisionId: wall.decisionId }])
    return wall.question
  })
}

/** Milliseconds over which runs come back that were held back until the same time. */
const MOST_SPREAD_MS = 15_000

/**
 * Lays the run aside until a time of the database's clock: its provider takes no call before. No job is held; a delayed
 * one goes on with it.
 */
export async function holdBack(
  scope: Scope,
  lease: Lease,
  run: Run,
  hold: { until: Date; reason: string },
): Promise<void> {
  await transaction(async (tx) => {
    await holdLease(tx, lease)
    const now = await databaseNow(tx)
    const ms = Math.max(0, hold.until.getTime() - now.getTime())
    // Not all of them in the same moment: their provider has just asked for air.
    const later = backoff(0, Math.min(ms / 4, MOST_SPREAD_MS), MOST_SPREAD_MS, Math.random())
    await putBack(tx, run, { ms: ms + later, reason: hold.reason })
    await append(tx, scope, [runEvent(run, 'run.held', { reason: hold.reason, until: hold.until.toISOString() })])
  })
}

async function putBack(tx: Transaction, run: Run, { ms, reason }: { ms: number; reason: string }): Promise<void> {
  // pg-boss counts in whole seconds; the run may be taken a little before, never the other way round.
  const seconds = Math.max(1, Math.ceil(ms / 1000))
  await direct(tx).changed`
    update "Run" set status = 'queued', "notBefore" = now() + make_interval(secs => ${seconds}::double precision),
      "heldSince" = coalesce("heldSince", now()) where id = ${run.id}::uuid`
  const deadlineMs = seconds * 1000 + SLACK_MS
  await tellNext(tx, run, { actor: 'timer', id: run.id, name: 'Timer', reason, deadlineMs })
  const { organizationId, projectId, requirementId } = run
  const job = {
    name: 'execute-run' as const,
    organizationId,
    projectId,
    requirementId,
    taskId: run.taskId ?? undefined,
    runId: run.id,
  }
  await enqueue(tx, [{ job, startAfterSeconds: seconds }])
}

/** Writes how a run ended and tells it in one statement, if the lease still holds. What is left out stays as it is. */
async function endRun(scope: Scope, lease: Lease, ending: Ending, event: EventDraft): Promise<void> {
  if (!(await appendWith(scope, endOf(lease, ending), [event]))) await leaseRefused(reader(), lease)
}

export function finishRun(
  scope: Scope,
  lease: Lease,
  run: Run,
  ending: Pick<Ending, 'result' | 'baseCommit' | 'commit' | 'touched'>,
): Promise<void> {
  const event = runEvent(run, 'run.finished', { purpose: run.purpose, attempt: run.attempt })
  return endRun(scope, lease, { ...ending, status: 'finished' }, event)
}

export function failRun(
  scope: Scope,
  lease: Lease,
  run: Run,
  { code, message, details }: { code: string; message: string; details?: unknown },
): Promise<void> {
  const event = runEvent(run, 'run.failed', { purpose: run.purpose, attempt: run.attempt, code, message })
  const ending = { errorCode: code, errorMessage: cleanText(message), result: details }
  return endRun(scope, lease, { ...ending, status: 'failed' }, event)
}
