import { z } from 'zod'
import type { Transaction } from '#server/platform/database/transaction'
import type { Blocks, DecisionDraft, Features } from './model'
import { blocksOf, type Ranked } from './rules/blocks'
import { wordsOf } from './rules/features'

const ended = new Set(['done', 'failed', 'cancelled'])

/** The tasks of a requirement's valid plan, as far as their place in the graph counts. */
export async function rankedTasks(tx: Transaction, requirementIds: string[]) {
  const rows = await tx.task.findMany({
    where: { requirementId: { in: requirementIds }, plan: { status: { in: ['proposed', 'accepted'] } } },
    select: {
      id: true,
      requirementId: true,
      ref: true,
      title: true,
      capability: true,
      status: true,
      rank: true,
      dependsOn: { select: { dependsOnId: true } },
    },
  })
  return rows.map(
    ({ status, dependsOn, ...row }): Ranked & { requirementId: string; title: string; capability: string } => ({
      ...row,
      finished: ended.has(status),
      dependsOn: dependsOn.map((edge) => edge.dependsOnId),
    }),
  )
}

const planContent = z.object({ tasks: z.array(z.object({ id: z.string() })) }).catch({ tasks: [] })

/** What waits for an answer to a question about this requirement or task, now. */
export async function presentBlocks(
  tx: Transaction,
  about: { requirementId?: string | null; taskId?: string | null },
): Promise<Blocks> {
  if (!about.requirementId) return blocksOf(null, [])
  const blocks = blocksOf(about.taskId ?? null, await rankedTasks(tx, [about.requirementId]))
  if (blocks.tasks > 0 || about.taskId) return blocks
  const plan = await tx.plan.findFirst({
    where: { requirementId: about.requirementId, status: 'proposed' },
    orderBy: { revision: 'desc' },
    select: { content: true },
  })
  const planned = planContent.parse(plan?.content).tasks
  return { ...blocks, tasks: planned.length, refs: planned.map((task) => task.id).slice(0, 12) }
}

/** The situation a question is raised in: rows first, then what the one who raises it knows better. */
export async function presentFeatures(tx: Transaction, draft: DecisionDraft, blocks: Blocks): Promise<Features> {
  const task = draft.taskId
    ? await tx.task.findUnique({
        where: { id: draft.taskId },
        select: { capability: true, risk: true, attempt: true, agentId: true },
      })
    : null
  const run = draft.runId
    ? await tx.run.findUnique({ where: { id: draft.runId }, select: { agentId: true, attempt: true, errorCode: true } })
    : null
  const agentId = run?.agentId ?? task?.agentId
  const agent = agentId ? await tx.agent.findUnique({ where: { id: agentId }, select: { role: true } }) : null
  const { features = {} } = draft
  return {
    kind: draft.kind,
    options: draft.options.map((option) => option.id).sort(),
    recommended: draft.recommended,
    projectId: draft.projectId,
    capability: task?.capability ?? null,
    risk: task?.risk ?? null,
    agentRole: features.agentRole ?? agent?.role ?? null,
    errorClass: features.errorClass ?? run?.errorCode ?? null,
    mark: features.mark ?? null,
    attempt: features.attempt ?? run?.attempt ?? task?.attempt ?? null,
    costMicroUsd: features.costMicroUsd ?? null,
    blockedTasks: blocks.tasks,
    words: wordsOf(draft.question),
  }
}
