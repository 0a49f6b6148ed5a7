import type { Scope } from '#server/auth/model'
import { isEffective } from '#server/decisions/rules/lifecycle'
import { databaseNow } from '#server/platform/database/clock'
import type { Decision, Signal } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import type { SignalAction } from '../model'
import { heldBy, keepHolding, releaseTasks, sendTaskBack } from '../repository/work'
import { verdictOfAnswer } from '../rules/learn'
import { answers } from '../rules/question'
import { IS_OVER } from '../rules/recur'
import { feedbackOf, makeRequirement } from './act'
import { closeSignal } from './close'
import { judged } from './learn'

const EXPIRED = 'Nobody answered its question in time, and no work waited for the answer.'

/** What the answer to a signal's question sets in motion. Done twice it is done once: the signal notes what was done. */
export async function actOnAnswer(scope: Scope, decisionId: string, now = new Date()): Promise<void> {
  await transaction(async (tx) => {
    await tx.$queryRaw`
      select id from "Signal" where "decisionId" = ${decisionId}::uuid and "organizationId" = ${scope.organizationId}::uuid for update`
    const signal = await tx.signal.findFirst({ where: { decisionId, organizationId: scope.organizationId } })
    const decision = await tx.decision.findFirst({ where: { id: decisionId, organizationId: scope.organizationId } })
    if (!signal || !decision || signal.action !== 'decision') return
    // An answer that may still be taken back does nothing yet; this job comes again when it counts.
    if (decision.status === 'answered' && !isEffective(decision, await databaseNow(tx))) return
    // Taken back, withdrawn or expired: nothing waits for it any more.
    if (decision.status !== 'answered') {
      const reason = decision.status === 'expired' ? EXPIRED : 'Its question is no longer open.'
      if (decision.status !== 'open') await closeSignal(tx, scope, signal, { reason, now })
      return
    }
    const answer = answers.find((known) => known === decision.answer)
    if (!answer) return
    const done = await carryOutAnswer(tx, scope, { signal, decision, answer, now })
    await judged(tx, scope, signal, verdictOfAnswer(answer))
    await append(tx, scope, [
      {
        type: 'signal.acted',
        projectId: signal.projectId,
        requirementId: done.requirementId,
        payload: { signalId: signal.id, title: signal.title, action: done.action, why: done.why },
      },
    ])
  })
}

interface Answering {
  signal: Signal
  decision: Decision
  answer: (typeof answers)[number]
  now: Date
}

interface Done {
  action: SignalAction
  why: string
  requirementId?: string
}

async function carryOutAnswer(tx: Transaction, scope: Scope, given: Answering): Promise<Done> {
  const { signal, decision, answer, now } = given
  const by = heldBy(signal.title)
  const who = decision.answeredBy || 'Somebody'
  const note = async (done: Done, more: { sentBackTaskId?: string } = {}): Promise<Done> => {
    await tx.signal.update({ where: { id: signal.id }, data: { action: done.action, actionWhy: done.why, ...more } })
    return done
  }
  const release = async () => {
    await tx.signal.update({ where: { id: signal.id }, data: { heldTaskIds: [] } })
    await releaseTasks(tx, scope, signal.heldTaskIds, by)
  }
  if (answer === 'ignore') {
    const why = `${who} chose to go on and ignore it.`
    await closeSignal(tx, scope, signal, { reason: why, action: 'resolution', now })
    return { action: 'resolution', why }
  }
  if (answer === 'send_back' && decision.taskId) {
    const sent = await sendTaskBack(tx, scope, decision.taskId, { ...withComment(signal, decision), by })
    await release()
    const why = sent ? `${who} sent the task back with the failure.` : 'The task had ended meanwhile; the work goes on.'
    return note({ action: 'task', why }, { sentBackTaskId: decision.taskId })
  }
  const made = await makeRequirement(tx, scope, signal)
  const done = { action: 'requirement' as const, requirementId: made.id }
  if (answer === 'hold_fix') {
    await keepHolding(tx, signal.heldTaskIds, { by, requirementId: made.id, number: made.number, now })
    return note({ ...done, why: `${who} wants it fixed first, by R${made.number}; held work waits for that.` })
  }
  await release()
  return note({ ...done, why: `${who} wants it fixed by R${made.number} while the work goes on.` })
}

function withComment(signal: Signal, decision: Decision): { feedback: string; reason: string } {
  const { feedback, reason } = feedbackOf(signal)
  const said = decision.comment ? `\n\n${decision.answeredBy} adds: ${decision.comment}` : ''
  return { feedback: feedback + said, reason }
}

/** What the engine told of work on the way needs nobody any more once that work has ended. */
const onTheWay = ['actor:overdue', 'work:sent-back']

export async function workEnded(scope: Scope, requirementId: string, now = new Date()): Promise<void> {
  await transaction(async (tx) => {
    const { organizationId } = scope
    const signals = await tx.signal.findMany({
      where: { organizationId, requirementId, status: 'open', external: false, topic: { in: onTheWay } },
    })
    for (const signal of signals) {
      await closeSignal(tx, scope, signal, { reason: `${IS_OVER}its requirement has ended.`, now })
    }
  })
}

/** A requirement a signal made has ended: work that waited for it goes on, and the signal is over. */
export async function fixEnded(scope: Scope, requirementId: string, now = new Date()): Promise<void> {
  await transaction(async (tx) => {
    const { organizationId } = scope
    const signals = await tx.signal.findMany({
      where: { organizationId, madeRequirementId: requirementId, status: 'open' },
    })
    if (signals.length === 0) return
    const { number, status } = await tx.requirement.findUniqueOrThrow({ where: { id: requirementId } })
    for (const signal of signals) {
      await closeSignal(tx, scope, signal, { reason: `R${number} has ended: ${status.replace('_', ' ')}.`, now })
    }
  })
}
