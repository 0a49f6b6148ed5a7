import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { flow } from '#server/flow'
import { cleanJson, cleanText } from '#server/kernel/clean-text'
import type { EventDraft } from '#server/kernel/event'
import { databaseNow } from '#server/platform/database/clock'
import type { Decision } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { enqueue } from '#server/platform/queue/queue'
import type { Asked } from '#server/tasks/model'
import { DecisionError } from './errors'
import { expectationsOf } from './expectations'
import {
  type AnswerInput,
  answerRoleOf,
  type DecisionDraft,
  type DecisionKind,
  type Option,
  optionsSchema,
  predictionSchema,
} from './model'
import { policyFor, predictAnswer } from './precedents'
import { decisionEvent, keepRecord, labelOf, lockDecision } from './repository'
import { waitsForAnswer } from './rules/answerers'
import { withDeltas } from './rules/deltas'
import { holdMs, isAsked, undoMs } from './rules/lifecycle'
import { mayAnswerItself } from './rules/precedent'
import { presentBlocks, presentFeatures } from './situation'
import { askedOf } from './waiting'

/** Milliseconds after which an open question without a deadline is brought up again. */
const REMIND_AFTER_MS = 24 * 3600_000
/** Milliseconds the timer may be late with a default before the watchdog looks. */
const GRACE_MS = 30_000

/**
 * Puts one question to people. Raised twice with the same key it is one decision: the stored one is returned.
 * Joins the caller's transaction, so the question and the state that waits for it are one change.
 * @throws DecisionError unsafe-default: an irreversible option is never taken by itself
 */
export async function raiseDecision(scope: Scope, draft: DecisionDraft): Promise<{ id: string; status: string }> {
  const options = optionsSchema.parse(cleanJson(draft.options))
  refuseUnsafeDefault(draft, options)
  return transaction(async (tx) => {
    const decision = await insert(tx, scope, draft, options)
    if (!decision) {
      const { organizationId } = scope
      return tx.decision.findUniqueOrThrow({
        where: { organizationId_dedupeKey: { organizationId, dedupeKey: cleanText(draft.dedupeKey) } },
        select: { id: true, status: true },
      })
    }
    await keepRecord(tx, scope, decision, 'raised')
    await append(tx, scope, [
      decisionEvent(decision, 'decision.raised', {
        assignee: decision.assigneeId,
        deadline: decision.deadline?.toISOString() ?? null,
      }),
      ...predictedEvent(decision),
    ])
    const itself = await answerByPrecedent(tx, scope, decision, options)
    return { id: decision.id, status: itself ? 'answered' : decision.status }
  })
}

function predictedEvent(decision: Decision): EventDraft[] {
  const prediction = predictionSchema.safeParse(decision.prediction).data
  if (!prediction) return []
  const { option, confidence, cases } = prediction
  const payload = { option, label: labelOf(decision, option), confidence, cases: cases.length }
  return [decisionEvent(decision, 'decision.predicted', payload)]
}

/** Answers what an admin allowed precedents to answer. Everybody sees it, and has a minute before it counts. */
async function answerByPrecedent(
  tx: Transaction,
  scope: Scope,
  decision: Decision,
  options: Option[],
): Promise<boolean> {
  const prediction = predictionSchema.safeParse(decision.prediction).data
  if (!prediction || decision.answererIds.length > 0) return false
  const policy = await policyFor(tx, scope.organizationId, decision.kind)
  const option = options.find((candidate) => candidate.id === prediction.option)
  if (!mayAnswerItself(prediction, policy, option)) return false
  const like = prediction.cases.filter((past) => past.option === prediction.option).length
  const comment = `By precedent: ${like} of the ${prediction.cases.length} most similar decisions ended so; confidence ${Math.round(prediction.confidence * 100)} %.`
  await answerLocked(tx, systemScope(scope.organizationId), decision, {
    option: prediction.option,
    comment,
    via: 'precedent',
  })
  return true
}

function refuseUnsafeDefault(draft: DecisionDraft, options: Option[]): void {
  if (!draft.defaultOption) return
  const option = options.find((candidate) => candidate.id === draft.defaultOption)
  if (option && option.reversible !== false && draft.defaultAfterMs) return
  throw new DecisionError({
    code: 'unsafe-default',
    kind: 'internal',
    message: `"${draft.defaultOption}" can't be the default: a default is one of the options, reversible, and has a time.`,
  })
}

/** The new row, or null when the key was raised before. */
async function insert(
  tx: Transaction,
  scope: Scope,
  draft: DecisionDraft,
  options: Option[],
): Promise<Decision | null> {
  const { defaultAfterMs, expiresAfterMs, features: _, ...rest } = draft
  const now = await databaseNow(tx)
  const blocks = await presentBlocks(tx, draft)
  const features = await presentFeatures(tx, draft, blocks)
  const expected = await expectationsOf(tx, scope.organizationId, draft, blocks.slackMs)
  const policy = await policyFor(tx, scope.organizationId, draft.kind)
  const prediction = await predictAnswer(tx, scope.organizationId, features, policy)
  const assignee = draft.assigneeId ? await memberName(tx, scope, draft.assigneeId) : null
  const { answerRole = 'member', answererIds = [] } = draft
  const { organizationId } = scope
  const asked = await askedOf(tx, { organizationId, answerRole, answererIds, assigneeName: assignee ?? '' })
  const dueMs = defaultAfterMs ?? expiresAfterMs
  const deadline = dueMs === undefined ? null : new Date(now.getTime() + dueMs)
  const [row] = await tx.decision.createManyAndReturn({
    data: [
      {
        ...cleanJson(rest),
        organizationId: scope.organizationId,
        options: withDeltas(draft.kind, options, expected, draft.taskId !== undefined),
        deadline,
        blocks,
        features: cleanJson(features),
        ...(prediction ? { prediction: cleanJson(prediction) } : {}),
        assigneeName: assignee ?? '',
        ...whoIsNext(asked, draft.assigneeId ?? null, cleanText(draft.question)),
        nextDeadline: deadline ? new Date(deadline.getTime() + GRACE_MS) : new Date(now.getTime() + REMIND_AFTER_MS),
      },
    ],
    skipDuplicates: true,
  })
  return row ?? null
}

/** Who has the next move of an open question. */
export function whoIsNext(asked: Asked, assigneeId: string | null, question: string) {
  return {
    nextActor: asked.actor,
    nextActorId: assigneeId,
    nextActorName: asked.name,
    nextReason: waitsForAnswer(asked, question),
  }
}

/**
 * The name of a member of this organization.
 * @throws DecisionError no-such-person
 */
export async function memberName(tx: Transaction, scope: Scope, userId: string): Promise<string> {
  const member = await tx.member.findUnique({
    where: { organizationId_userId: { organizationId: scope.organizationId, userId } },
    select: { user: { select: { name: true, email: true } } },
  })
  if (member) return member.user.name ?? member.user.email
  throw new DecisionError({
    code: 'no-such-person',
    kind: 'not-found',
    message: 'There is no such person in this organization.',
  })
}

export interface Answered {
  id: string
  option: string
  label: string
  answeredBy: string
  /** from when the answer counts: a few seconds later when it can't be taken back afterwards */
  effectiveAt: Date
  /** until when whoever may answer may take it back */
  undoUntil: Date
}

/**
 * Answers an open decision. Of several people answering at once exactly one wins.
 * @throws DecisionError decision-not-found, already-answered (409, with who and what), withdrawn, expired, asked-anew,
 *   no-such-option, not-asked
 */
export async function answerDecision(scope: Scope, input: AnswerInput): Promise<Answered> {
  return transaction(async (tx) => {
    const decision = await lockDecision(tx, scope, input.decisionId)
    return answerLocked(tx, scope, decision, input)
  })
}

/** The same for a row the caller has locked already. */
export async function answerLocked(
  tx: Transaction,
  scope: Scope,
  decision: Decision,
  input: Omit<AnswerInput, 'decisionId'>,
): Promise<Answered> {
  const chosen = checkAnswer(scope, decision, input)
  const kind = decision.kind as DecisionKind
  const via = input.via ?? 'page'
  const now = await databaseNow(tx)
  const held = holdMs(kind, chosen, via)
  const effectiveAt = new Date(now.getTime() + held)
  const undoUntil = new Date(now.getTime() + undoMs(kind, chosen, via))
  const answered = await tx.decision.update({
    where: { id: decision.id },
    data: {
      status: 'answered',
      answer: chosen.id,
      comment: cleanText(input.comment),
      answeredById: scope.actor.kind === 'system' ? null : scope.actor.id,
      answeredBy: scope.actor.name,
      answeredAt: now,
      answeredVia: via,
      effectiveAt,
      undoUntil,
    },
  })
  await keepRecord(tx, scope, answered, 'answered', {
    answer: chosen.id,
    label: chosen.label,
    comment: answered.comment,
    via,
    effectiveAt,
    facts: await factsBefore(tx, decision),
  })
  if (held > 0) await wakeWhenEffective(tx, scope, { ...answered, effectiveAt }, chosen, held)
  await append(tx, scope, [
    decisionEvent(answered, 'decision.answered', {
      option: chosen.id,
      label: chosen.label,
      via,
      effectiveAt: effectiveAt.toISOString(),
    }),
  ])
  const { id, answeredBy } = answered
  return { id, option: chosen.id, label: chosen.label, answeredBy, effectiveAt, undoUntil }
}

function checkAnswer(scope: Scope, decision: Decision, input: Omit<AnswerInput, 'decisionId'>): Option {
  const options = optionsSchema.parse(decision.options)
  if (decision.status !== 'open') throw tooLate(decision)
  if (input.version !== undefined && input.version !== decision.version) throw askedAnew()
  const asked = { answerRole: answerRoleOf(decision.answerRole), answererIds: decision.answererIds }
  if (!isAsked(asked, scope)) {
    throw new DecisionError({
      code: 'not-asked',
      kind: 'forbidden',
      message:
        decision.answererIds.length > 0
          ? 'This question was put to somebody else. They, or an admin, can answer it or hand it to you.'
          : `This question needs the role ${decision.answerRole}; yours is ${scope.role}.`,
    })
  }
  const chosen = options.find((option) => option.id === input.option)
  if (chosen) return chosen
  throw new DecisionError({
    code: 'no-such-option',
    kind: 'invalid',
    message: `"${input.option}" is not an option here. Choose one of: ${options.map((option) => option.id).join(', ')}.`,
  })
}

/** Where work stood when the answer was given: for the record, and for putting it back there. */
async function factsBefore(tx: Transaction, decision: Decision): Promise<Record<string, unknown>> {
  const task = decision.taskId
    ? await tx.task.findUnique({
        where: { id: decision.taskId },
        select: { status: true, statusReason: true, attempt: true, agentsTried: true, agentId: true, feedback: true },
      })
    : null
  const requirement = decision.requirementId
    ? await tx.requirement.findUnique({
        where: { id: decision.requirementId },
        select: { status: true, statusReason: true },
      })
    : null
  return { task, requirement }
}

/** A held answer: work is looked at once more when it counts, and until then says what it waits for. */
async function wakeWhenEffective(
  tx: Transaction,
  scope: Scope,
  decision: Decision & { effectiveAt: Date },
  chosen: Option,
  held: number,
): Promise<void> {
  const ids = {
    organizationId: scope.organizationId,
    projectId: decision.projectId,
    requirementId: decision.requirementId ?? undefined,
    taskId: decision.taskId ?? undefined,
    runId: decision.runId ?? undefined,
    decisionId: decision.id,
  }
  const followers = (flow['decision.answered'] ?? []).filter((name) => name !== 'write-record')
  await enqueue(
    tx,
    followers.map((name) => ({ job: { name, ...ids }, startAfterSeconds: Math.ceil(held / 1000) + 1 })),
  )
  if (!decision.taskId) return
  await tx.task.updateMany({
    where: { id: decision.taskId, status: 'asking' },
    data: {
      nextActor: 'timer',
      nextActorId: decision.id,
      nextActorName: 'Orchestrator',
      nextReason: `The answer "${chosen.label}" takes effect unless somebody takes it back.`,
      nextDeadline: new Date(decision.effectiveAt.getTime() + GRACE_MS),
    },
  })
}

function askedAnew(): DecisionError {
  return new DecisionError({
    code: 'asked-anew',
    kind: 'conflict',
    message: 'The question was put anew since this page or link was made. Nothing was taken; please look at it again.',
  })
}

function tooLate(decision: Decision): DecisionError {
  if (decision.status === 'withdrawn') {
    return new DecisionError({
      code: 'withdrawn',
      kind: 'conflict',
      message: 'This decision was withdrawn: what it was about has ended.',
    })
  }
  if (decision.status === 'expired') {
    return new DecisionError({
      code: 'expired',
      kind: 'conflict',
      message: 'This question has expired: nobody answered in time, and nothing waits for it any more.',
    })
  }
  return new DecisionError({
    code: 'already-answered',
    kind: 'conflict',
    message: `${decision.answeredBy} has already answered: ${labelOf(decision, decision.answer)}.`,
    details: { answeredBy: decision.answeredBy, option: decision.answer, at: decision.answeredAt?.toISOString() },
  })
}
