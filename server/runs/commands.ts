import type { Scope } from '#server/auth/model'
import { optionsSchema } from '#server/decisions/model'
import { cleanJson } from '#server/kernel/clean-text'
import type { EventDraft } from '#server/kernel/event'
import { databaseNow } from '#server/platform/database/clock'
import type { Requirement, Task } from '#server/platform/database/generated/client'
import { newId } from '#server/platform/database/new-id'
import type { Transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { actorMs } from '#server/tasks/rules/next-actor'
import { runEvent } from './journal'
import type { RunPurpose } from './model'
import {
  type AnsweredRow,
  agentsFor,
  insertRuns,
  queueAside,
  queueHeld,
  type ResumedRow,
  type TaskWords,
  workOf,
} from './repository'
import { settleRiskyCall } from './risky'
import { pinned } from './rules/pinned'
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

type Draft = RunDraft & { priority?: number }

/** Creates a run and sets it in motion. */
export async function startRun(tx: Transaction, scope: Scope, draft: RunDraft): Promise<{ id: string }> {
  const { projectId } = draft.requirement
  const { runs, events, inserted } = await createRuns(tx, scope, { projectId, orders: [draft] }, [draft])
  await inserted
  await append(tx, scope, events)
  return runs[0] as { id: string }
}

/**
 * Creates runs of one project in a fixed number of statements, in the order of the drafts. They are set in motion by the
 * events, which the caller appends last in its transaction.
 * @param drafts may be on their way still: what else is needed is read with them
 * @returns `inserted` when they are rows: whoever sends more on the same connection need not wait for it
 */
export async function createRuns(
  tx: Transaction,
  scope: Scope,
  { projectId, orders }: { projectId: string; orders: readonly { agentId: string; taskId?: string }[] },
  drafts: Promise<Draft[]> | Draft[],
): Promise<{ runs: { id: string }[]; events: EventDraft[]; inserted: Promise<void> }> {
  const agentIds = [...new Set(orders.map(({ agentId }) => agentId))]
  const taskIds = orders.flatMap(({ taskId }) => taskId ?? [])
  const [agents, drafted] = await Promise.all([agentsFor(tx, { scope, projectId, agentIds, taskIds }), drafts])
  const agentOf = (draft: RunDraft) => {
    const agent = agents.find(({ id }) => id === draft.agentId)
    if (!agent) throw new Error(`agent ${draft.agentId} is not of this organization`)
    return agent
  }
  const runs = drafted.map((draft) => {
    const agent = agentOf(draft)
    const instructions = [draft.prompt.system, agent.instructions].filter(Boolean).join('\n\n')
    return {
      id: newId(),
      organizationId: scope.organizationId,
      projectId: draft.requirement.projectId,
      requirementId: draft.requirement.id,
      taskId: draft.taskId ?? null,
      agentId: agent.id,
      purpose: draft.purpose,
      attempt: draft.attempt,
      providerMode: agent.providerMode,
      connector: agent.connector,
      model: agent.model,
      prompt: cleanJson({ ...draft.prompt, system: instructions }),
      baseCommit: draft.baseCommit,
      agentSettings: pinned(agent),
      planRevision: agent.revisions?.[draft.taskId ?? ''] ?? null,
      nextReason: `A worker takes the run of ${agent.name}.`,
      nextDeadline: new Date(agent.now.getTime() + actorMs.queued),
    }
  })
  const events = runs.map((run, index) => {
    const draft = drafted[index] as Draft
    const payload = { purpose: draft.purpose, agent: agentOf(draft).name, attempt: draft.attempt }
    return { ...runEvent(run, 'run.queued', payload), priority: draft.priority }
  })
  return { runs, events, inserted: insertRuns(tx, runs) }
}

/** What attempts at tasks of one requirement begin with. */
export async function workDrafts(
  tx: Transaction,
  requirement: Requirement,
  orders: readonly { taskId: string; agentId: string; attempt: number }[],
): Promise<Draft[]> {
  if (orders.length === 0) return []
  const facts = await workOf(
    tx,
    requirement.id,
    orders.map(({ taskId }) => taskId),
  )
  const answers = facts.answers.map(answerFact)
  return orders.map(({ taskId, agentId, attempt }) => {
    const task = facts.tasks.find(({ id }) => id === taskId)
    if (!task) throw new Error(`task ${taskId} is not of this requirement`)
    return {
      requirement,
      taskId,
      agentId,
      purpose: 'implement',
      attempt,
      priority: task.rank / 1000,
      prompt: {
        system: implementerInstructions,
        user: workPrompt({ ...taskWords(task, requirement), statements: facts.statements, answers }),
        facts: { owns: task.owns, ref: task.ref, title: task.title },
      },
    }
  })
}

/** What an agent is told about a task and its surroundings. */
export async function workFacts(tx: Transaction, task: Task, requirement: Requirement): Promise<WorkFacts> {
  return {
    ...taskWords(task, requirement),
    statements: await statementFacts(tx, requirement.id),
    answers: await answerFacts(tx, requirement.id),
  }
}

function taskWords(task: TaskWords, requirement: Requirement): Pick<WorkFacts, 'task' | 'requirement' | 'feedback'> {
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
  return decisions.map(answerFact)
}

function answerFact({ question, options, answer, comment }: AnsweredRow) {
  const label = optionsSchema.parse(options).find((option) => option.id === answer)?.label ?? ''
  return { question, answer: label, comment }
}

/**
 * Sets a run going again that was laid aside; if its provider takes no call yet, that is found out anew. With a
 * decision, its answer becomes the result of the tool call that asked. The caller appends the event last in its
 * transaction.
 */
export async function resumeRun(tx: Transaction, runId: string, decisionId: string | null): Promise<EventDraft[]> {
  if (decisionId) await answerCall(tx, runId, decisionId)
  return (await queueAside(tx, runId)).map(resumed)
}

/** Runs of an organization that a provider holds back are taken at once: whether it takes their calls is found out anew. */
export async function releaseHeld(tx: Transaction, organizationId: string): Promise<EventDraft[]> {
  return (await queueHeld(tx, organizationId)).map(resumed)
}

const resumed = ({ purpose, attempt, ...run }: ResumedRow): EventDraft =>
  runEvent(run, 'run.queued', { purpose, attempt, resumed: true })

async function answerCall(tx: Transaction, runId: string, decisionId: string): Promise<void> {
  const decision = await tx.decision.findUniqueOrThrow({ where: { id: decisionId } })
  if (decision.kind === 'risky_call') return settleRiskyCall(tx, decision)
  const label = optionsSchema.parse(decision.options).find((option) => option.id === decision.answer)?.label
  const output = JSON.stringify({
    option: decision.answer,
    label,
    comment: decision.comment,
    answeredBy: decision.answeredBy,
  })
  await tx.toolCall.updateMany({
    where: { runId, decisionId, state: 'asking' },
    data: { state: 'done', output, isError: false, endedAt: await databaseNow(tx) },
  })
}
