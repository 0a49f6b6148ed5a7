import type { Scope } from '#server/auth/model'
import { cleanJson, cleanText } from '#server/kernel/clean-text'
import { transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { DecisionError } from './errors'
import { type AnswerInput, type DecisionDraft, optionsSchema } from './model'

/**
 * Puts one question to people. Raised twice with the same key it is one decision: the stored one is returned.
 * Joins the caller's transaction, so the question and the state that waits for it are one change.
 */
export async function raiseDecision(scope: Scope, draft: DecisionDraft): Promise<{ id: string; status: string }> {
  const options = optionsSchema.parse(cleanJson(draft.options))
  return transaction(async (tx) => {
    const earlier = await tx.decision.findUnique({
      where: { organizationId_dedupeKey: { organizationId: scope.organizationId, dedupeKey: draft.dedupeKey } },
      select: { id: true, status: true },
    })
    if (earlier) return earlier
    const { options: _, ...rest } = draft
    const decision = await tx.decision.create({
      data: { ...cleanJson(rest), organizationId: scope.organizationId, options },
      select: { id: true, status: true },
    })
    await append(tx, scope, [
      {
        type: 'decision.raised',
        projectId: draft.projectId,
        requirementId: draft.requirementId,
        taskId: draft.taskId,
        runId: draft.runId,
        decisionId: decision.id,
        payload: { kind: draft.kind, question: draft.question },
      },
    ])
    return decision
  })
}

export interface Answered {
  id: string
  option: string
  label: string
  answeredBy: string
}

/**
 * Answers an open decision. Of several people answering at once exactly one wins.
 * @throws DecisionError decision-not-found, already-answered (409, with who and what), withdrawn, no-such-option
 */
export async function answerDecision(scope: Scope, input: AnswerInput): Promise<Answered> {
  return transaction(async (tx) => {
    await tx.$queryRaw`
      select id from "Decision" where id = ${input.decisionId}::uuid and "organizationId" = ${scope.organizationId}::uuid for update`
    const decision = await tx.decision.findFirst({
      where: { id: input.decisionId, organizationId: scope.organizationId },
    })
    if (!decision) {
      throw new DecisionError({ code: 'decision-not-found', kind: 'not-found', message: 'There is no such decision.' })
    }
    const options = optionsSchema.parse(decision.options)
    if (decision.status !== 'open') throw tooLate(decision, options)
    const chosen = options.find((option) => option.id === input.option)
    if (!chosen) {
      throw new DecisionError({
        code: 'no-such-option',
        kind: 'invalid',
        message: `"${input.option}" is not an option here. Choose one of: ${options.map((option) => option.id).join(', ')}.`,
      })
    }
    await tx.decision.update({
      where: { id: decision.id },
      data: {
        status: 'answered',
        answer: chosen.id,
        comment: cleanText(input.comment),
        answeredById: scope.actor.id,
        answeredBy: scope.actor.name,
        answeredAt: new Date(),
      },
    })
    await append(tx, scope, [
      {
        type: 'decision.answered',
        projectId: decision.projectId,
        requirementId: decision.requirementId ?? undefined,
        taskId: decision.taskId ?? undefined,
        runId: decision.runId ?? undefined,
        decisionId: decision.id,
        payload: { kind: decision.kind, question: decision.question, option: chosen.id, label: chosen.label },
      },
    ])
    return { id: decision.id, option: chosen.id, label: chosen.label, answeredBy: scope.actor.name }
  })
}

function tooLate(
  decision: { status: string; answer: string | null; answeredBy: string; answeredAt: Date | null },
  options: { id: string; label: string }[],
): DecisionError {
  if (decision.status !== 'answered') {
    return new DecisionError({
      code: 'withdrawn',
      kind: 'conflict',
      message: 'This decision was withdrawn: what it was about has ended.',
    })
  }
  const label = options.find((option) => option.id === decision.answer)?.label ?? decision.answer
  return new DecisionError({
    code: 'already-answered',
    kind: 'conflict',
    message: `${decision.answeredBy} has already answered: ${label}.`,
    details: { answeredBy: decision.answeredBy, option: decision.answer, at: decision.answeredAt?.toISOString() },
  })
}
