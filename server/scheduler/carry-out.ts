import type { Scope } from '#server/auth/model'
import { raiseDecision } from '#server/decisions/commands'
import type { EventDraft } from '#server/kernel/event'
import { exhaustive } from '#server/kernel/exhaustive'
import { queueMerge } from '#server/merges/commands'
import { acceptPlan, proposePlan, rejectPlan, startPlanRun } from '#server/planner/commands'
import type { Prisma, Requirement, Task } from '#server/platform/database/generated/client'
import type { Transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { requestProof, requestVerification, startReviewRun } from '#server/proofs/commands'
import { cancelRequirement } from '#server/requirements/commands'
import { resumeRun, startWorkRun } from '#server/runs/commands'
import { closeRequirement } from './close'
import type { Assignment } from './rules/assign'
import type { Step } from './rules/steps'

type Of<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>

/** Does what one step says, inside the caller's transaction: rows, events and jobs together. */
export async function carryOut(tx: Transaction, scope: Scope, requirement: Requirement, step: Step): Promise<void> {
  switch (step.kind) {
    case 'start-plan':
      await startPlanRun(tx, scope, requirement, { agentId: step.assignment.agentId, attempt: step.attempt })
      return
    case 'propose-plan':
      return proposePlan(tx, scope, requirement, step.runId)
    case 'accept-plan':
      return acceptPlan(tx, scope, requirement)
    case 'reject-plan':
      return rejectPlan(tx, scope, requirement)
    case 'raise':
      return raise(tx, scope, requirement, step)
    case 'cancel-requirement':
      await cancelRequirement(scope, { requirementId: requirement.id, reason: step.reason })
      return
    case 'request-verification':
      return requestVerification(tx, scope, requirement)
    case 'close':
      return closeRequirement(tx, scope, requirement)
    default:
      return carryOutForTask(tx, scope, requirement, step)
  }
}

type TaskStep = Exclude<
  Step,
  {
    kind:
      | 'start-plan'
      | 'propose-plan'
      | 'accept-plan'
      | 'reject-plan'
      | 'raise'
      | 'cancel-requirement'
      | 'request-verification'
      | 'close'
  }
>

async function carryOutForTask(tx: Transaction, scope: Scope, requirement: Requirement, step: TaskStep): Promise<void> {
  const task = await tx.task.findUniqueOrThrow({ where: { id: step.taskId } })
  switch (step.kind) {
    case 'start-task':
      return startTask(tx, scope, requirement, task, step)
    case 'resume-run':
      await setTask(tx, task, { status: 'running', statusReason: 'Going on with the answer.' })
      return resumeRun(tx, scope, step.runId, step.decisionId)
    case 'lay-aside':
      return setTask(tx, task, {
        status: 'asking',
        statusReason: 'The agent asked a question and waits for the answer.',
      })
    case 'request-proof':
      return prove(tx, scope, task, step.runId)
    case 'start-review':
      await setTask(tx, task, { status: 'reviewing', statusReason: `${step.assignment.agentName} reviews the diff.` })
      await startReviewRun(tx, scope, {
        task,
        requirement,
        agentId: step.assignment.agentId,
        runId: step.runId,
        attempt: step.attempt,
      })
      return
    case 'queue-merge':
      await setTask(tx, task, { status: 'merging', statusReason: 'In the merge queue of the project.' })
      return queueMerge(tx, scope, task, step.runId)
    case 'finish-task':
      await setTask(tx, task, {
        status: 'done',
        statusReason: 'Proven and merged.',
        mergedCommit: step.mergedCommit,
        finishedAt: new Date(),
      })
      return append(tx, scope, [taskEvent(task, 'task.finished', {})])
    case 'send-back':
      return sendBack(tx, scope, task, step)
    case 'start-over':
      return setTask(tx, task, {
        status: 'ready',
        statusReason: 'Starting over.',
        attempt: 0,
        agentsTried: [],
        agentId: null,
      })
    case 'fail-task':
      await setTask(tx, task, { status: 'failed', statusReason: step.reason, finishedAt: new Date() })
      return append(tx, scope, [taskEvent(task, 'task.failed', { reason: step.reason })])
    case 'cancel-task':
      return setTask(tx, task, { status: 'cancelled', statusReason: step.reason, finishedAt: new Date() })
    default:
      return exhaustive(step)
  }
}

async function setTask(tx: Transaction, task: Task, data: Prisma.TaskUpdateInput): Promise<void> {
  await tx.task.update({ where: { id: task.id }, data })
}

function taskEvent(task: Task, type: string, payload: Record<string, unknown>): EventDraft {
  return {
    type,
    projectId: task.projectId,
    requirementId: task.requirementId,
    taskId: task.id,
    payload: { ref: task.ref, title: task.title, ...payload },
  }
}

async function startTask(
  tx: Transaction,
  scope: Scope,
  requirement: Requirement,
  task: Task,
  step: Of<'start-task'>,
): Promise<void> {
  const { assignment, attempt } = step
  await setTask(tx, task, {
    status: 'running',
    statusReason: `${assignment.agentName} is at work.`,
    agentId: assignment.agentId,
    assignment: toJson(assignment),
    attempt,
    startedAt: task.startedAt ?? new Date(),
  })
  await startWorkRun(tx, scope, { task: { ...task, attempt }, requirement, agentId: assignment.agentId })
  await append(tx, scope, [taskEvent(task, 'task.started', { agent: assignment.agentName, attempt })])
}

async function prove(tx: Transaction, scope: Scope, task: Task, runId: string): Promise<void> {
  const { commit } = await tx.run.findUniqueOrThrow({ where: { id: runId }, select: { commit: true } })
  await setTask(tx, task, {
    status: 'proving',
    statusReason: 'Orchestrator re-runs the acceptance commands.',
    resultCommit: commit,
  })
  await requestProof(tx, scope, task, runId)
}

function toJson(assignment: Assignment): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(assignment)) as Prisma.InputJsonValue
}

async function sendBack(tx: Transaction, scope: Scope, task: Task, step: Of<'send-back'>): Promise<void> {
  const givenUp = step.giveUpAgent && task.agentId !== null
  await setTask(tx, task, {
    status: 'ready',
    statusReason: step.reason,
    feedback: step.feedback,
    ...(givenUp ? { agentsTried: [...task.agentsTried, task.agentId as string], attempt: 0, agentId: null } : {}),
  })
  await append(tx, scope, [taskEvent(task, 'task.sent-back', { reason: step.reason, attempt: task.attempt })])
}

async function raise(tx: Transaction, scope: Scope, requirement: Requirement, step: Of<'raise'>): Promise<void> {
  await raiseDecision(scope, { ...step.question, projectId: requirement.projectId, requirementId: requirement.id })
  if (step.taskId) {
    await tx.task.update({
      where: { id: step.taskId },
      data: { status: 'asking', statusReason: `Waits for a decision: ${step.question.question}` },
    })
  }
}
