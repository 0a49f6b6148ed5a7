import { type Capability, capabilities } from '#server/agents/model'
import type { Scope } from '#server/auth/model'
import { databaseNow } from '#server/platform/database/clock'
import type { Prisma, Requirement } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { answerFacts, startRun, statementFacts } from '#server/runs/commands'
import { learnedDurations } from '#server/tasks/commands'
import { expectedMs } from '#server/tasks/rules/durations'
import { upwardRanks } from '#server/tasks/rules/graph'
import { WAITING_MS, waitsForTasks } from '#server/tasks/rules/waiting'
import { type PlanContent, planSchema } from './model'
import { analystInstructions, planPrompt } from './rules/prompt'

/** Asks an agent for a plan. */
export async function startPlanRun(
  tx: Transaction,
  scope: Scope,
  requirement: Requirement,
  choice: { agentId: string; attempt: number },
): Promise<void> {
  const statements = await statementFacts(tx, requirement.id)
  const enabled = await enabledCapabilities(tx, scope)
  const agent = await tx.agent.findUniqueOrThrow({ where: { id: choice.agentId } })
  await tx.requirement.update({
    where: { id: requirement.id },
    data: { status: 'planning', statusReason: `${agent.name} is making the plan.` },
  })
  await startRun(tx, scope, {
    requirement,
    agentId: choice.agentId,
    purpose: 'plan',
    attempt: choice.attempt,
    prompt: {
      system: analystInstructions,
      user: planPrompt({
        title: requirement.title,
        text: requirement.text,
        statements,
        answers: await answerFacts(tx, requirement.id),
        capabilities: enabled,
      }),
      facts: { capabilities: enabled, statements: statements.map(({ ref, kind }) => ({ ref, kind })) },
    },
  })
}

async function enabledCapabilities(tx: Transaction, scope: Scope): Promise<Capability[]> {
  const agents = await tx.agent.findMany({ where: { organizationId: scope.organizationId, enabled: true } })
  const offered = new Set(agents.flatMap((agent) => agent.capabilities))
  return capabilities.filter((capability) => offered.has(capability))
}

/** Stores the plan that a planning run made, as a new revision. */
export async function proposePlan(
  tx: Transaction,
  scope: Scope,
  requirement: Requirement,
  runId: string,
): Promise<void> {
  const run = await tx.run.findUniqueOrThrow({ where: { id: runId } })
  const content = planSchema.parse(run.result)
  const last = await tx.plan.aggregate({ where: { requirementId: requirement.id }, _max: { revision: true } })
  const revision = (last._max.revision ?? 0) + 1
  await tx.plan.create({
    data: {
      organizationId: scope.organizationId,
      requirementId: requirement.id,
      revision,
      status: 'proposed',
      summary: content.summary,
      content: content as Prisma.InputJsonValue,
      agentId: run.agentId,
      scripted: run.providerMode === 'scripted',
    },
  })
  await tx.requirement.update({
    where: { id: requirement.id },
    data: { status: 'plan_review', statusReason: 'The plan is ready; it waits for approval.' },
  })
  const payload = { revision, tasks: content.tasks.length, questions: content.questions.length }
  await append(tx, scope, [
    { type: 'plan.proposed', projectId: requirement.projectId, requirementId: requirement.id, runId, payload },
  ])
}

/** Turns the proposed plan into tasks. */
export async function acceptPlan(tx: Transaction, scope: Scope, requirement: Requirement): Promise<void> {
  const plan = await tx.plan.findFirstOrThrow({
    where: { requirementId: requirement.id, status: 'proposed' },
    orderBy: { revision: 'desc' },
  })
  const content = planSchema.parse(plan.content)
  await createTasks(tx, requirement, plan.id, content)
  await tx.plan.update({ where: { id: plan.id }, data: { status: 'accepted' } })
  await tx.requirement.update({
    where: { id: requirement.id },
    data: { status: 'in_progress', statusReason: `Agents work on ${content.tasks.length} tasks.` },
  })
  const payload = { revision: plan.revision, tasks: content.tasks.length }
  await append(tx, scope, [
    { type: 'plan.accepted', projectId: requirement.projectId, requirementId: requirement.id, payload },
  ])
}

/** Writes a plan's tasks and edges with their ranks, in a number of statements that does not grow with the plan. */
export async function createTasks(
  tx: Transaction,
  requirement: Pick<Requirement, 'id' | 'organizationId' | 'projectId'>,
  planId: string,
  content: PlanContent,
): Promise<void> {
  const learned = await learnedDurations(tx, requirement.organizationId)
  const nodes = content.tasks.map((task) => ({
    id: task.id,
    dependsOn: [...new Set(task.dependsOn)],
    expectedMs: expectedMs(task.capability, learned.get(task.capability)),
  }))
  const ranks = upwardRanks(nodes)
  const now = await databaseNow(tx)
  const rows = await tx.task.createManyAndReturn({
    data: content.tasks.map((task, position) => ({
      organizationId: requirement.organizationId,
      projectId: requirement.projectId,
      requirementId: requirement.id,
      planId,
      ref: task.id,
      position,
      title: task.title,
      kind: task.kind,
      capability: task.capability,
      instructions: task.instructions,
      statementRefs: task.statements,
      owns: task.owns,
      reads: task.reads,
      acceptance: task.acceptance,
      risk: task.risk,
      rank: ranks.get(task.id) ?? 0,
      expectedMs: nodes[position]?.expectedMs ?? 0,
      openDependencies: nodes[position]?.dependsOn.length ?? 0,
      statusReason: waitsForTasks(nodes[position]?.dependsOn ?? []),
      nextReason: waitsForTasks(nodes[position]?.dependsOn ?? []),
      nextDeadline: new Date(now.getTime() + WAITING_MS),
    })),
    select: { id: true, ref: true },
  })
  const ids = new Map(rows.map((row) => [row.ref, row.id]))
  const edges = nodes.flatMap((node) =>
    node.dependsOn.map((dependency) => ({
      taskId: ids.get(node.id) as string,
      dependsOnId: ids.get(dependency) as string,
    })),
  )
  await tx.dependency.createMany({ data: edges })
}

/** Lays the proposed plan aside; the scheduler asks for another one with the comment that came with the refusal. */
export async function rejectPlan(tx: Transaction, _scope: Scope, requirement: Requirement): Promise<void> {
  await tx.plan.updateMany({
    where: { requirementId: requirement.id, status: 'proposed' },
    data: { status: 'rejected' },
  })
  await tx.requirement.update({
    where: { id: requirement.id },
    data: { status: 'submitted', statusReason: 'The plan was sent back; a new one is being made.' },
  })
}
