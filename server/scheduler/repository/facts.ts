import type { DecisionKind } from '#server/decisions/model'
import { planSchema } from '#server/planner/model'
import type { Transaction } from '#server/platform/database/transaction'
import { requirementStatusSchema } from '#server/requirements/model'
import type { RunStatus } from '#server/runs/model'
import type { Facts } from '../rules/facts'
import type { Locked } from './requirement'
import { toDecisionFact, toRunFact } from './tasks'

/** What is known of a requirement apart from tasks and slots. Plans and planning runs only while they matter. */
export type Head = Pick<Facts, 'now' | 'requirement' | 'project' | 'plan' | 'planRuns' | 'decisions'>

export async function loadHead(
  tx: Transaction,
  { requirement, project, now }: Pick<Locked, 'requirement' | 'project' | 'now'>,
): Promise<Head> {
  const status = requirementStatusSchema.parse(requirement.status)
  const building = status === 'in_progress'
  return {
    now,
    requirement: {
      id: requirement.id,
      number: requirement.number,
      title: requirement.title,
      status,
      verification: requirement.verification as Head['requirement']['verification'],
      pausedBy: requirement.pausedAt ? requirement.pausedBy || 'somebody' : null,
    },
    project: {
      id: project.id,
      planApproval: project.planApproval === 'automatic' ? 'automatic' : 'ask',
      providerMode: project.providerMode === 'live' ? 'live' : 'scripted',
    },
    plan: building ? null : await newestPlan(tx, requirement.id),
    planRuns: building ? [] : await planRuns(tx, requirement.id),
    decisions: building ? [] : await decisionsOf(tx, requirement.id, now),
  }
}

async function newestPlan(tx: Transaction, requirementId: string): Promise<Facts['plan']> {
  const plan = await tx.plan.findFirst({ where: { requirementId }, orderBy: { revision: 'desc' } })
  if (!plan) return null
  const content = planSchema.parse(plan.content)
  const { id, revision, status } = plan
  return { id, revision, status, questions: content.questions, tasks: content.tasks.length }
}

async function planRuns(tx: Transaction, requirementId: string): Promise<Facts['planRuns']> {
  const runs = await tx.run.findMany({
    where: { requirementId, purpose: 'plan' },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    omit: { prompt: true, result: true },
  })
  return runs.map((run) =>
    toRunFact({
      ...run,
      status: run.status as RunStatus,
      heldAt: run.heldAt,
    }),
  )
}

async function decisionsOf(tx: Transaction, requirementId: string, now: Date): Promise<Facts['decisions']> {
  const rows = await tx.decision.findMany({
    where: { requirementId, taskId: null },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  })
  return rows.map((row) => {
    return toDecisionFact(
      {
        ...row,
        kind: row.kind as DecisionKind,
        options: row.options as { id: string; label: string }[],
        effectiveAt: row.effectiveAt?.toISOString() ?? null,
        deadline: row.deadline?.toISOString() ?? null,
      },
      now,
    )
  })
}
