import type { Scope } from '#server/auth/model'
import { cleanJson } from '#server/kernel/clean-text'
import type { EventDraft } from '#server/kernel/event'
import type { Decision, Prisma } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { DecisionError } from './errors'
import { optionsSchema } from './model'

/**
 * The decision's row, locked until the transaction ends.
 * @throws DecisionError decision-not-found
 */
export async function lockDecision(tx: Transaction, scope: Scope, decisionId: string): Promise<Decision> {
  const { organizationId } = scope
  await tx.$queryRaw`
    select id from "Decision" where id = ${decisionId}::uuid and "organizationId" = ${organizationId}::uuid for update`
  const decision = await tx.decision.findFirst({ where: { id: decisionId, organizationId } })
  if (decision) return decision
  throw new DecisionError({ code: 'decision-not-found', kind: 'not-found', message: 'There is no such decision.' })
}

export type RecordKind = 'raised' | 'answered' | 'undone' | 'delegated' | 'held' | 'released' | 'expired' | 'withdrawn'

/** Writes down what was known at this moment. A trigger keeps it as it is for ever. */
export async function keepRecord(
  tx: Transaction,
  scope: Scope,
  decision: Decision,
  kind: RecordKind,
  more: Record<string, unknown> = {},
): Promise<void> {
  const content = {
    question: decision.question,
    why: decision.why,
    kind: decision.kind,
    version: decision.version,
    options: decision.options,
    recommended: decision.recommended,
    recommendedWhy: decision.recommendedWhy,
    defaultOption: decision.defaultOption,
    deadline: decision.deadline,
    blocks: decision.blocks,
    features: decision.features,
    prediction: decision.prediction,
    assignee: decision.assigneeName,
    resumes: decision.resumes,
    ...more,
  }
  await tx.decisionRecord.create({
    data: {
      organizationId: scope.organizationId,
      decisionId: decision.id,
      kind,
      actor: { ...scope.actor },
      content: cleanJson(JSON.parse(JSON.stringify(content))) as Prisma.InputJsonValue,
    },
  })
}

/** An event about a decision, with the ids of everything it is about. */
export function decisionEvent(decision: Decision, type: string, payload: Record<string, unknown> = {}): EventDraft {
  return {
    type,
    projectId: decision.projectId,
    requirementId: decision.requirementId ?? undefined,
    taskId: decision.taskId ?? undefined,
    runId: decision.runId ?? undefined,
    decisionId: decision.id,
    payload: { kind: decision.kind, question: decision.question, ...payload },
  }
}

/** How an option is called on its decision; its id when it has no such option. */
export function labelOf(decision: Decision, option: string | null): string {
  return optionsSchema.parse(decision.options).find((candidate) => candidate.id === option)?.label ?? option ?? ''
}
