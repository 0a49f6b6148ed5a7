import type { Scope } from '#server/auth/model'
import { optionsSchema } from '#server/decisions/model'
import { cleanJson } from '#server/kernel/clean-text'
import type { Prisma, Requirement, Run, Task } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { runEvent } from './journal'
import type { RunPurpose } from './model'
import { implementerInstructions, type RunPrompt, type WorkFacts, workPrompt } from './rules/transcript'

export interface RunDraft {
  requirement: Pick<Requirement, 'id' | 'projectId' | 'organizationId'>
  taskId?: string
  agentId: string
  purpose: RunPurpose
  attempt: number
  prompt: RunPrompt
  /** for reviews: the commit that is looked at */
  baseCommit?: string
}

/** Creates a run and sets it in motion. */
export async function startRun(tx: Transaction, scope: Scope, draft: RunDraft): Promise<Run> {
  const agent = await tx.agent.findFirstOrThrow({ where: { id: draft.agentId, organizationId: scope.organizationId } })
  const project = await tx.project.findUniqueOrThrow({ where: { id: draft.requirement.projectId } })
  const instructions = [draft.prompt.system, agent.instructions].filter(Boolean).join('\n\n')
  const run = await tx.run.create({
    data: {
      organizationId: scope.organizationId,
      projectId: draft.requirement.projectId,
      requirementId: draft.requirement.id,
      taskId: draft.taskId,
      agentId: agent.id,
      purpose: draft.purpose,
      attempt: draft.attempt,
      providerMode: project.providerMode,
      connector: agent.connector,
      model: agent.model,
      prompt: cleanJson({ ...draft.prompt, system: instructions }) as Prisma.InputJsonValue,
      baseCommit: draft.baseCommit,
    },
  })
  const payload = { purpose: draft.purpose, agent: agent.name, attempt: draft.attempt }
  await append(tx, scope, [runEvent(run, 'run.queued', payload)])
  return run
}

/** Starts an attempt at a task. */
export async function startWorkRun(
  tx: Transaction,
  scope: Scope,
  draft: { task: Task; requirement: Requirement; agentId: string },
): Promise<Run> {
  const { task, requirement } = draft
  const facts = await workFacts(tx, task, requirement)
  return startRun(tx, scope, {
    requirement,
    taskId: task.id,
    agentId: draft.agentId,
    purpose: 'implement',
    attempt: task.attempt,
    prompt: {
      system: implementerInstructions,
      user: workPrompt(facts),
      facts: { owns: task.owns, ref: task.ref, title: task.title },
    },
  })
}

/** What an agent is told about a task and its surroundings. */
export async function workFacts(tx: Transaction, task: Task, requirement: Requirement): Promise<WorkFacts> {
  return {
    task: {
      ref: task.ref,
      title: task.title,
      kind: task.kind,
      instructions: task.instructions,
      statements: task.statementRefs,
      owns: task.owns,
      reads: task.reads,
      acceptance: task.acceptance as unknown[],
    },
    requirement: { title: requirement.title, text: requirement.text },
    statements: await statementFacts(tx, requirement.id),
    answers: await answerFacts(tx, requirement.id),
    feedback: task.feedback,
  }
}

export async function statementFacts(tx: Transaction, requirementId: string) {
  return tx.statement.findMany({
    where: { requirementId },
    orderBy: { position: 'asc' },
    select: { ref: true, kind: true, section: true, text: true },
  })
}

/** Questions that people have answered so far, as agents are told. */
export async function answerFacts(tx: Transaction, requirementId: string) {
  const decisions = await tx.decision.findMany({
    where: { requirementId, status: 'answered', kind: { in: ['agent_question', 'plan_approval'] } },
    orderBy: { answeredAt: 'asc' },
  })
  return decisions.map((decision) => ({
    question: decision.question,
    answer: optionsSchema.parse(decision.options).find((option) => option.id === decision.answer)?.label ?? '',
    comment: decision.comment,
  }))
}

/** Gives a run that asked its answer, as the result of the tool call that asked, and sets it in motion again. */
export async function resumeRun(tx: Transaction, scope: Scope, runId: string, decisionId: string): Promise<void> {
  const run = await tx.run.findUniqueOrThrow({ where: { id: runId } })
  const decision = await tx.decision.findUniqueOrThrow({ where: { id: decisionId } })
  const label = optionsSchema.parse(decision.options).find((option) => option.id === decision.answer)?.label
  const output = JSON.stringify({
    option: decision.answer,
    label,
    comment: decision.comment,
    answeredBy: decision.answeredBy,
  })
  await tx.toolCall.updateMany({
    where: { runId, decisionId, state: 'asking' },
    data: { state: 'done', output, isError: false, endedAt: new Date() },
  })
  await tx.run.update({ where: { id: runId }, data: { status: 'queued' } })
  const payload = { purpose: run.purpose, attempt: run.attempt, resumed: true }
  await append(tx, scope, [runEvent(run, 'run.queued', payload)])
}
