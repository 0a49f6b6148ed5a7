import { roleSchema, type Scope } from '#server/auth/model'
import { isAllowed } from '#server/auth/rules/permissions'
import { cleanText } from '#server/kernel/clean-text'
import { databaseNow } from '#server/platform/database/clock'
import type { Decision } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { memberName, whoIsNext } from './commands'
import { DecisionError } from './errors'
import { answerRoleOf } from './model'
import { decisionEvent, keepRecord, lockDecision } from './repository'
import { isAsked } from './rules/lifecycle'
import { tellWaiting } from './waiting'

/**
 * Hands an open decision to one person: they are named as the one who acts next, also on what waits for it, and may answer even if others were
 * named. Whoever could answer before still can.
 * @throws DecisionError decision-not-found, no-such-person, not-asked, may-not-answer, already-answered, withdrawn, expired
 */
export async function delegateDecision(
  scope: Scope,
  input: { decisionId: string; userId: string },
): Promise<{ id: string; assigneeName: string }> {
  return transaction(async (tx) => {
    const decision = await lockDecision(tx, scope, input.decisionId)
    refuseClosed(decision)
    refuseUnasked(scope, decision)
    const name = await memberName(tx, scope, input.userId)
    await refuseUnable(tx, scope, decision, { userId: input.userId, name })
    const asked = { actor: 'person', name } as const
    const named = decision.answererIds.length > 0 && !decision.answererIds.includes(input.userId)
    const changed = await tx.decision.update({
      where: { id: decision.id },
      data: {
        assigneeId: input.userId,
        assigneeName: name,
        ...(named ? { answererIds: [...decision.answererIds, input.userId] } : {}),
        ...whoIsNext(asked, input.userId, decision.question),
      },
    })
    await tellWaiting(tx, changed, asked)
    await keepRecord(tx, scope, changed, 'delegated', { to: input.userId, toName: name })
    await append(tx, scope, [decisionEvent(changed, 'decision.delegated', { to: input.userId, toName: name })])
    return { id: decision.id, assigneeName: name }
  })
}

/** Hides an open decision from the person who asks, for a while; it stays open and others still see it. */
export async function snoozeDecision(
  scope: Scope,
  input: { decisionId: string; minutes: number },
): Promise<{ id: string; until: Date | null }> {
  const userId = scope.actor.kind === 'user' ? scope.actor.id : null
  return transaction(async (tx) => {
    const decision = await lockDecision(tx, scope, input.decisionId)
    refuseClosed(decision)
    if (!userId) return { id: decision.id, until: null }
    const until = new Date((await databaseNow(tx)).getTime() + input.minutes * 60_000)
    await tx.decisionSnooze.upsert({
      where: { decisionId_userId: { decisionId: decision.id, userId } },
      create: { decisionId: decision.id, userId, until },
      update: { until },
    })
    await append(tx, scope, [decisionEvent(decision, 'decision.snoozed', { until: until.toISOString() })])
    return { id: decision.id, until }
  })
}

/** Shows a snoozed decision again to the person who asks. */
export async function wakeDecision(scope: Scope, decisionId: string): Promise<{ id: string }> {
  return transaction(async (tx) => {
    const decision = await lockDecision(tx, scope, decisionId)
    const userId = scope.actor.kind === 'user' ? scope.actor.id : null
    if (userId) await tx.decisionSnooze.deleteMany({ where: { decisionId: decision.id, userId } })
    return { id: decision.id }
  })
}

/**
 * Stops the clock of a decision's default or expiry, or lets it go on: the time it stood still is added to the deadline.
 * @throws DecisionError decision-not-found, not-asked, already-answered, withdrawn, expired
 */
export async function holdDecision(
  scope: Scope,
  input: { decisionId: string; held: boolean },
): Promise<{ id: string; deadline: Date | null; held: boolean }> {
  return transaction(async (tx) => {
    const decision = await lockDecision(tx, scope, input.decisionId)
    refuseClosed(decision)
    refuseUnasked(scope, decision)
    const { id, deadline, heldAt } = decision
    if (!deadline || input.held === (heldAt !== null)) return { id, deadline, held: heldAt !== null }
    const now = await databaseNow(tx)
    const later = heldAt ? new Date(deadline.getTime() + now.getTime() - heldAt.getTime()) : deadline
    const changed = await tx.decision.update({
      where: { id },
      data: {
        deadline: later,
        heldAt: input.held ? now : null,
        heldBy: input.held ? scope.actor.name : '',
        nextDeadline: new Date(input.held ? now.getTime() + 24 * 3600_000 : later.getTime() + 30_000),
      },
    })
    await keepRecord(tx, scope, changed, input.held ? 'held' : 'released')
    await append(tx, scope, [decisionEvent(changed, 'decision.held', { held: input.held })])
    return { id, deadline: later, held: input.held }
  })
}

/**
 * Ends an open decision that nobody needs to answer any more.
 * @throws DecisionError not-asked; work-waits: a question that a requirement stands still for is answered, or goes with it
 */
export async function withdrawDecision(
  scope: Scope,
  input: { decisionId: string; reason: string },
): Promise<{ id: string; status: string }> {
  return transaction(async (tx) => {
    const decision = await lockDecision(tx, scope, input.decisionId)
    refuseClosed(decision)
    refuseUnasked(scope, decision)
    if (decision.requirementId && decision.kind !== 'signal') {
      throw new DecisionError({
        code: 'work-waits',
        kind: 'conflict',
        message: "Work stands still for this answer, so it can't be withdrawn. Answer it, or stop the requirement.",
      })
    }
    const reason = cleanText(input.reason) || `Withdrawn by ${scope.actor.name}.`
    const changed = await tx.decision.update({
      where: { id: decision.id },
      data: { status: 'withdrawn', comment: reason, withdrawalTold: true },
    })
    await keepRecord(tx, scope, changed, 'withdrawn', { reason })
    await append(tx, scope, [decisionEvent(changed, 'decision.withdrawn', { reason })])
    return { id: decision.id, status: 'withdrawn' }
  })
}

const mayAnswer = ({ answerRole, answererIds }: Decision) => ({ answerRole: answerRoleOf(answerRole), answererIds })

/** Who may not answer could otherwise hand the question to themselves. @throws DecisionError not-asked */
function refuseUnasked(scope: Scope, decision: Decision): void {
  if (isAsked(mayAnswer(decision), scope)) return
  throw new DecisionError({
    code: 'not-asked',
    kind: 'forbidden',
    message: 'Only who may answer this question may hand it on, stop its clock or withdraw it.',
  })
}

/** A question nobody may answer whom it was given to would wait for ever. @throws DecisionError may-not-answer */
async function refuseUnable(
  tx: Transaction,
  scope: Scope,
  decision: Decision,
  { userId, name }: { userId: string; name: string },
): Promise<void> {
  const { organizationId } = scope
  const member = await tx.member.findUniqueOrThrow({ where: { organizationId_userId: { organizationId, userId } } })
  const role = roleSchema.catch('viewer').parse(member.role)
  const { answerRole } = mayAnswer(decision)
  if (isAllowed(role, 'decision.answer') && isAsked({ answerRole, answererIds: [] }, { role, actor: scope.actor }))
    return
  throw new DecisionError({
    code: 'may-not-answer',
    kind: 'conflict',
    message: `${name} may not answer this question: it needs the role ${answerRole}. Nothing was changed.`,
  })
}

/** @throws DecisionError already-answered, withdrawn, expired */
function refuseClosed(decision: Decision): void {
  if (decision.status === 'open') return
  const code = decision.status === 'answered' ? 'already-answered' : (decision.status as 'withdrawn' | 'expired')
  const words = {
    'already-answered': `was answered by ${decision.answeredBy}`,
    withdrawn: 'was withdrawn',
    expired: 'has expired',
  }
  throw new DecisionError({
    code,
    kind: 'conflict',
    message: `This decision ${words[code]}, so nothing was changed.`,
    details: { answeredBy: decision.answeredBy, option: decision.answer, at: decision.answeredAt?.toISOString() },
  })
}
