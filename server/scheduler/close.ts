import type { Scope } from '#server/auth/model'
import { planSchema } from '#server/planner/model'
import type { Requirement } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { closing, statementOutcomes } from '#server/proofs/rules/outcomes'

/** Ends a requirement with what the evidence shows, statement by statement. */
export async function closeRequirement(tx: Transaction, scope: Scope, requirement: Requirement): Promise<void> {
  const plan = await tx.plan.findFirstOrThrow({
    where: { requirementId: requirement.id, status: 'accepted' },
    orderBy: { revision: 'desc' },
  })
  const tasks = await tx.task.findMany({ where: { planId: plan.id } })
  const facts = {
    statements: await tx.statement.findMany({
      where: { requirementId: requirement.id },
      orderBy: { position: 'asc' },
      select: { id: true, ref: true, kind: true },
    }),
    questions: planSchema.parse(plan.content).questions,
    finalChecks: await tx.check.findMany({
      where: { taskId: { in: tasks.map((task) => task.id) }, phase: 'final', commit: requirement.finalCommit ?? '' },
      orderBy: { task: { position: 'asc' } },
    }),
    tasks,
  }
  const outcomes = statementOutcomes(facts)
  const end = closing(facts, outcomes)
  for (const statement of facts.statements) {
    const found = outcomes.find((item) => item.ref === statement.ref)
    if (!found) continue
    await tx.statement.update({
      where: { id: statement.id },
      data: { outcome: found.outcome, outcomeReason: found.reason },
    })
  }
  await tx.requirement.update({
    where: { id: requirement.id },
    data: { status: end.status, statusReason: end.reason },
  })
  const { status, proven, total, reason } = end
  await append(tx, scope, [
    {
      type: 'requirement.closed',
      projectId: requirement.projectId,
      requirementId: requirement.id,
      payload: { status, proven, total, reason },
    },
  ])
}
