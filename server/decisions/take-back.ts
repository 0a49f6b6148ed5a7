import { z } from 'zod'
import type { Scope } from '#server/auth/model'
import { databaseNow } from '#server/platform/database/clock'
import type { Decision, Run } from '#server/platform/database/generated/client'
import { reader, type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { lockRequirement } from '#server/requirements/commands'
import { isClosed, requirementStatusSchema } from '#server/requirements/model'
import { whoIsNext } from './commands'
import { DecisionError } from './errors'
import { answerRoleOf, type DecisionKind } from './model'
import { demoteAfterUndo } from './precedents'
import { decisionEvent, keepRecord, labelOf, lockDecision } from './repository'
import { isAsked, isEffective } from './rules/lifecycle'
import { askedOf } from './waiting'

const REMIND_AFTER_MS = 24 * 3600_000

/**
 * Takes an answer back: the question is open again, and what the answer set in motion is put back where it was. Refused
 * with the reason once something that can't be put back has begun.
 * @throws DecisionError decision-not-found, not-answered, not-asked, too-late-to-undo
 */
export async function undoAnswer(
  scope: Scope,
  input: { decisionId: string },
): Promise<{ id: string; status: 'open'; version: number }> {
  return transaction(async (tx) => {
    // The requirement's lock first, as the scheduler takes it: it acts on the answer wholly before or wholly after.
    const { requirementId } = await found(scope, input.decisionId)
    const requirement = requirementId ? await lockRequirement(tx, scope, requirementId) : null
    const decision = await lockDecision(tx, scope, input.decisionId)
    refuseUndo(scope, decision)
    const now = await databaseNow(tx)
    if (!decision.undoUntil || decision.undoUntil <= now) throw tooLate('The time for taking it back is over.')
    if (requirement && isClosed(requirementStatusSchema.parse(requirement.status))) {
      throw tooLate('The requirement has ended.')
    }
    if (isEffective(decision, now)) await putBack(tx, decision)
    const reopened = await reopen(tx, scope, decision, now)
    await append(tx, scope, [
      decisionEvent(reopened, 'decision.undone', {
        option: decision.answer,
        label: labelOf(decision, decision.answer),
        by: decision.answeredBy,
        answeredVia: decision.answeredVia,
      }),
      ...(decision.answeredVia === 'precedent' ? await demoteAfterUndo(tx, scope, decision) : []),
    ])
    return { id: reopened.id, status: 'open', version: reopened.version }
  })
}

async function found(scope: Scope, decisionId: string): Promise<{ requirementId: string | null }> {
  const row = await reader().decision.findFirst({
    where: { id: decisionId, organizationId: scope.organizationId },
    select: { requirementId: true },
  })
  if (row) return row
  throw new DecisionError({ code: 'decision-not-found', kind: 'not-found', message: 'There is no such decision.' })
}

function refuseUndo(scope: Scope, decision: Decision): void {
  if (decision.status !== 'answered') {
    throw new DecisionError({
      code: 'not-answered',
      kind: 'conflict',
      message:
        decision.status === 'open'
          ? 'This decision is open: there is no answer to take back.'
          : 'This decision has ended without an answer.',
    })
  }
  if (isAsked({ answerRole: answerRoleOf(decision.answerRole), answererIds: decision.answererIds }, scope)) return
  throw new DecisionError({
    code: 'not-asked',
    kind: 'forbidden',
    message: 'Only who may answer this question may take its answer back.',
  })
}

function tooLate(reason: string): DecisionError {
  return new DecisionError({
    code: 'too-late-to-undo',
    kind: 'conflict',
    message: `The answer can't be taken back any more. ${reason} The answer stays as it is.`,
  })
}

async function reopen(tx: Transaction, scope: Scope, decision: Decision, now: Date): Promise<Decision> {
  const reopened = await tx.decision.update({
    where: { id: decision.id },
    data: {
      status: 'open',
      version: { increment: 1 },
      answer: null,
      comment: '',
      answeredById: null,
      answeredBy: '',
      answeredAt: null,
      answeredVia: '',
      effectiveAt: null,
      undoUntil: null,
      // Somebody is at it: a default that is due, or was just taken back, waits for them.
      ...(decision.deadline && decision.deadline <= now ? { heldAt: now, heldBy: scope.actor.name } : {}),
      ...whoIsNext(await askedOf(tx, decision), decision.assigneeId, decision.question),
      nextDeadline: new Date(now.getTime() + REMIND_AFTER_MS),
    },
  })
  await keepRecord(tx, scope, reopened, 'undone', {
    answer: decision.answer,
    label: labelOf(decision, decision.answer),
    answeredBy: decision.answeredBy,
    answeredVia: decision.answeredVia,
  })
  return reopened
}

const factsSchema = z.object({
  task: z
    .object({
      status: z.string(),
      statusReason: z.string(),
      attempt: z.number(),
      agentsTried: z.array(z.string()),
      agentId: z.string().nullable(),
      feedback: z.string(),
    })
    .nullable(),
  requirement: z.object({ status: z.string(), statusReason: z.string() }).nullable(),
})
type FactsBefore = z.infer<typeof factsSchema>

/** Where work stood when the answer was given, from the record that was written with it. */
async function factsBefore(tx: Transaction, decision: Decision): Promise<FactsBefore> {
  const record = await tx.decisionRecord.findFirst({
    where: { decisionId: decision.id, kind: 'answered' },
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
  })
  const content = z.object({ facts: factsSchema }).safeParse(record?.content)
  if (content.success) return content.data.facts
  throw tooLate('It is not known where work stood before.')
}

/** @throws DecisionError too-late-to-undo */
async function putBack(tx: Transaction, decision: Decision): Promise<void> {
  const before = await factsBefore(tx, decision)
  const kind = decision.kind as DecisionKind
  switch (kind) {
    case 'agent_question':
    case 'risky_call':
      return layAsideAgain(tx, decision, before)
    case 'plan_approval':
      return decision.answer === 'approve' ? unacceptPlan(tx, decision, before) : unrejectPlan(tx, decision, before)
    case 'plan_failed':
    case 'no_agent':
    case 'task_failed':
    case 'merge_conflict':
      return decision.taskId ? stopNewAttempt(tx, decision, before) : stopPlanning(tx, decision, before)
    case 'sandbox_missing':
      return stopProof(tx, decision, before)
    case 'budget_wall':
    case 'signal':
      throw tooLate('It has taken effect.')
  }
}

/** A resumed run that has stored no turn since waits for its answer again. The worker that has it is fenced off. */
async function layAsideAgain(tx: Transaction, decision: Decision, before: FactsBefore): Promise<void> {
  if (!decision.runId) return
  await tx.$queryRaw`select id from "Run" where id = ${decision.runId}::uuid for update`
  const run = await tx.run.findUniqueOrThrow({ where: { id: decision.runId } })
  if (run.status === 'asking') return
  const call = await tx.toolCall.findFirst({
    where: { runId: run.id, decisionId: decision.id },
    include: { turn: { select: { number: true } } },
  })
  const newer = call ? await tx.turn.count({ where: { runId: run.id, number: { gt: call.turn.number } } }) : 1
  if (!call || newer > 0) throw tooLate('The agent has gone on with it.')
  if (run.status !== 'queued' && run.status !== 'running' && run.status !== 'paused')
    throw tooLate('The run has ended.')
  if (decision.kind === 'risky_call' && call.state !== 'pending' && decision.answer === 'allow') {
    throw tooLate('The call was made.')
  }
  await tx.toolCall.update({
    where: { id: call.id },
    data: { state: 'asking', output: null, isError: false, endedAt: null },
  })
  await tx.run.update({ where: { id: run.id }, data: { status: 'asking', heldAt: null, lease: { increment: 1 } } })
  await restoreTask(tx, decision, before)
}

/** An approved plan whose tasks have stored nothing goes back to review. */
async function unacceptPlan(tx: Transaction, decision: Decision, before: FactsBefore): Promise<void> {
  const requirementId = decision.requirementId as string
  const plan = await tx.plan.findFirst({ where: { requirementId }, orderBy: { revision: 'desc' } })
  if (!plan || plan.status === 'proposed') return
  const later = await laterRevisions(tx, decision)
  const tasks = await tx.task.findMany({ where: { requirementId }, select: { id: true, status: true } })
  const ids = tasks.map((task) => task.id)
  if (tasks.some((task) => !['waiting', 'ready', 'running'].includes(task.status))) throw tooLate('Work has begun.')
  const runs = await tx.run.findMany({ where: { taskId: { in: ids } } })
  await cancelRuns(tx, runs)
  const checks = await tx.check.count({ where: { taskId: { in: ids } } })
  const merges = await tx.merge.count({ where: { taskId: { in: ids } } })
  if (checks + merges > 0) throw tooLate('Work has begun.')
  await tx.run.updateMany({ where: { taskId: { in: ids } }, data: { taskId: null } })
  await tx.task.deleteMany({ where: { requirementId } })
  await tx.plan.deleteMany({ where: { requirementId, revision: { in: later } } })
  const approved = await tx.plan.findFirstOrThrow({ where: { requirementId }, orderBy: { revision: 'desc' } })
  await tx.plan.update({ where: { id: approved.id }, data: { status: 'proposed' } })
  await restoreRequirement(tx, decision, before)
}

/**
 * Revisions since the approval that only say that people paused it: the plan lies for review as it was approved. What
 * people have changed in its tasks since then would be lost, so it keeps the answer from being taken back.
 */
async function laterRevisions(tx: Transaction, decision: Decision): Promise<number[]> {
  const since = { requirementId: decision.requirementId as string, at: { gte: decision.answeredAt as Date } }
  const changes = await tx.planChange.findMany({ where: since, orderBy: { number: 'asc' } })
  const kept = changes.find(({ kind, state }) => state !== 'undone' && !pauses.has(kind))
  if (kept) throw tooLate(`The plan was changed since then: ${kept.summary}`)
  return changes.flatMap(({ revision }) => revision ?? [])
}

/** Changes that only pause and resume; undoing one of them leaves nothing of it. */
const pauses: ReadonlySet<string> = new Set(['pause', 'resume', 'undo'])

/** A plan that was sent back lies for approval again, as long as the new one is not being written. */
async function unrejectPlan(tx: Transaction, decision: Decision, before: FactsBefore): Promise<void> {
  const requirementId = decision.requirementId as string
  const plan = await tx.plan.findFirst({ where: { requirementId }, orderBy: { revision: 'desc' } })
  if (!plan || plan.status === 'proposed') return
  if (plan.status !== 'rejected') throw tooLate('There is another plan already.')
  await cancelRuns(tx, await runsSince(tx, decision, { requirementId, purpose: 'plan' }))
  await tx.plan.update({ where: { id: plan.id }, data: { status: 'proposed' } })
  await restoreRequirement(tx, decision, before)
}

async function stopPlanning(tx: Transaction, decision: Decision, before: FactsBefore): Promise<void> {
  const requirementId = decision.requirementId as string
  await cancelRuns(tx, await runsSince(tx, decision, { requirementId, purpose: 'plan' }))
  await restoreRequirement(tx, decision, before)
}

async function stopNewAttempt(tx: Transaction, decision: Decision, before: FactsBefore): Promise<void> {
  const task = await tx.task.findUniqueOrThrow({ where: { id: decision.taskId as string } })
  if (!['asking', 'waiting', 'ready', 'running'].includes(task.status)) throw tooLate('The task has gone on.')
  await cancelRuns(tx, await runsSince(tx, decision, { taskId: task.id }))
  await restoreTask(tx, decision, before)
}

async function stopProof(tx: Transaction, decision: Decision, before: FactsBefore): Promise<void> {
  const task = await tx.task.findUniqueOrThrow({ where: { id: decision.taskId as string } })
  if (task.status !== 'asking' && task.status !== 'proving') throw tooLate('The task has gone on.')
  const checks = await tx.check.count({ where: { taskId: task.id, createdAt: { gte: decision.answeredAt as Date } } })
  if (checks > 0) throw tooLate('Its checks have begun to run.')
  await restoreTask(tx, decision, before)
}

function runsSince(
  tx: Transaction,
  decision: Decision,
  where: { taskId?: string; requirementId?: string; purpose?: string },
): Promise<Run[]> {
  return tx.run.findMany({ where: { ...where, createdAt: { gte: decision.answeredAt as Date } } })
}

/** Stops runs that have stored nothing; one that has stored a turn can't be put back. */
async function cancelRuns(tx: Transaction, runs: Run[]): Promise<void> {
  const ids = runs.map((run) => run.id).sort()
  if (ids.length === 0) return
  await tx.$queryRaw`select id from "Run" where id = any (${ids}::uuid[]) order by id for update`
  const turns = await tx.turn.count({ where: { runId: { in: ids } } })
  if (turns > 0) throw tooLate('An agent has begun to work on it.')
  await tx.run.updateMany({
    where: { id: { in: ids }, status: { notIn: ['finished', 'failed', 'cancelled'] } },
    data: {
      status: 'cancelled',
      errorMessage: 'The answer that started it was taken back.',
      lease: { increment: 1 },
    },
  })
}

async function restoreTask(tx: Transaction, decision: Decision, { task }: FactsBefore): Promise<void> {
  if (!decision.taskId || !task) return
  await tx.task.update({
    where: { id: decision.taskId },
    data: {
      ...task,
      ...whoIsNext(await askedOf(tx, decision), decision.id, decision.question),
      nextDeadline: new Date((await databaseNow(tx)).getTime() + REMIND_AFTER_MS),
    },
  })
}

async function restoreRequirement(tx: Transaction, decision: Decision, { requirement }: FactsBefore): Promise<void> {
  if (!decision.requirementId || !requirement) return
  await tx.requirement.update({
    where: { id: decision.requirementId },
    data: {
      ...requirement,
      ...whoIsNext(await askedOf(tx, decision), decision.id, decision.question),
      nextDeadline: new Date((await databaseNow(tx)).getTime() + REMIND_AFTER_MS),
    },
  })
}
