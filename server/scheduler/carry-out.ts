import type { Scope } from '#server/auth/model'
import { raiseDecision } from '#server/decisions/commands'
import type { EventDraft } from '#server/kernel/event'
import { queueMerges } from '#server/merges/commands'
import { acceptPlan, proposePlan, rejectPlan, startPlanRun } from '#server/planner/commands'
import type { Requirement, Task } from '#server/platform/database/generated/client'
import { send, type Transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { proofRequested, requestVerification, reviewDraft } from '#server/proofs/commands'
import { cancelRequirement } from '#server/requirements/commands'
import { createRuns, resumeRun, workDrafts } from '#server/runs/commands'
import { learnDurations, recountPlan } from '#server/tasks/commands'
import { closeRequirement } from './close'
import { cancelDependants, countDown, dropRuns, saveTaskChanges } from './repository/changes'
import type { Locked } from './repository/requirement'
import { changeOf, type Made, type TaskChange } from './rules/changes'
import type { TaskFact } from './rules/facts'
import type { RaiseStep, Step, TaskStep } from './rules/steps'

/** One advance: what it works on, and what it has gathered to append at its end. */
export interface Advance {
  tx: Transaction
  scope: Scope
  requirement: Requirement
  project: Locked['project']
  now: Date
  events: EventDraft[]
  /** requirements to be looked at next, because this one set something free */
  wake: Set<string>
  /** when it has to be looked at again by itself */
  alarms: Date[]
}

type Of<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>
type TaskOrRaise = TaskStep | (RaiseStep & { taskId: string })

/** Does what the steps say, inside the caller's transaction, in as few statements as the kinds of steps need. */
export async function carryOut(advance: Advance, steps: readonly Step[], tasks: readonly TaskFact[]): Promise<void> {
  const ofTasks = steps.filter((step): step is TaskOrRaise => 'taskId' in step && step.taskId !== undefined)
  await forTasks(advance, ofTasks, tasks)
  for (const step of steps) if (!('taskId' in step) || step.taskId === undefined) await forRequirement(advance, step)
}

async function forRequirement(advance: Advance, step: Step): Promise<void> {
  const { tx, scope, requirement } = advance
  switch (step.kind) {
    case 'start-plan':
      await dropRuns(tx, { requirementId: requirement.id, purpose: 'plan' }, 'Another agent plans instead.')
      await startPlanRun(tx, scope, requirement, { agentId: step.assignment.agentId, attempt: step.attempt })
      return
    case 'resume-plan':
      advance.events.push(...(await resumeRun(tx, step.runId, step.decisionId)))
      return
    case 'propose-plan':
      return proposePlan(tx, scope, requirement, step.runId)
    case 'accept-plan':
      return acceptPlan(tx, scope, requirement)
    case 'reject-plan':
      return rejectPlan(tx, scope, requirement)
    case 'recount':
      return recount(advance)
    case 'raise':
      await raise(advance, step)
      return
    case 'cancel-requirement':
      await flush(advance)
      await cancelRequirement(scope, { requirementId: requirement.id, reason: step.reason })
      return
    case 'request-verification':
      await flush(advance)
      return requestVerification(tx, scope, requirement)
    case 'close':
      await flush(advance)
      return closeRequirement(tx, scope, requirement)
    default:
      throw new Error(`${step.kind} is a step of a task`)
  }
}

/** Appends what was gathered so far, where the order of events must be kept. */
export function flush(advance: Advance): Promise<void> {
  return append(advance.tx, advance.scope, advance.events.splice(0))
}

async function raise(advance: Advance, step: RaiseStep): Promise<{ id: string }> {
  const { scope, requirement } = advance
  await flush(advance)
  return raiseDecision(scope, { ...step.question, projectId: requirement.projectId, requirementId: requirement.id })
}

/** Somebody changed the plan and left tasks behind that nothing leads to: their counters are made true again. */
async function recount(advance: Advance): Promise<void> {
  const { tx, requirement } = advance
  const plans = await tx.plan.findMany({ where: { requirementId: requirement.id }, select: { id: true } })
  for (const { id } of plans) await recountPlan(tx, id)
  const lost = await tx.task.findMany({
    where: {
      requirementId: requirement.id,
      status: { in: ['failed', 'cancelled'] },
      dependants: { some: { task: { status: { in: ['waiting', 'ready'] } } } },
    },
    select: { id: true, ref: true },
  })
  await cancelDependants(tx, lost)
}

async function forTasks(advance: Advance, steps: readonly TaskOrRaise[], facts: readonly TaskFact[]): Promise<void> {
  if (steps.length === 0) return
  const { tx, now } = advance
  const factOf = new Map(facts.map((task) => [task.id, task]))
  const made = await makeRuns(advance, steps)
  const changes: { taskId: string; change: TaskChange; step: TaskOrRaise; task: TaskFact }[] = []
  for (const step of steps) {
    const task = factOf.get(step.taskId) as TaskFact
    const decision = step.kind === 'raise' ? await raised(advance, step) : null
    const change = changeOf(step, task, now, { runId: made.get(step.taskId) ?? null, decision })
    if (change.situation?.kind === 'timer') advance.alarms.push(change.situation.until)
    changes.push({ taskId: step.taskId, change, step, task })
  }
  await send(tx, saveTaskChanges(tx, changes, now))
  await settleGraph(advance, changes)
  for (const { step, task } of changes) await tell(advance, step, task)
  await merge(advance, changes)
}

async function raised(advance: Advance, step: RaiseStep): Promise<Made['decision']> {
  const { id } = await raise(advance, step)
  return { id, question: step.question.question, defaultLabel: null, deadline: null }
}

/** Creates the runs of all steps at once and gathers their events. Ids by task. */
async function makeRuns(advance: Advance, steps: readonly TaskOrRaise[]): Promise<Map<string, string>> {
  const { tx, scope, requirement } = advance
  const starts = steps.filter((step): step is Of<'start-task'> => step.kind === 'start-task')
  const reviews = steps.filter((step): step is Of<'start-review'> => step.kind === 'start-review')
  const starting = [...starts, ...reviews]
  if (starting.length === 0) return new Map()
  const orders = starting.map(({ taskId, assignment: { agentId } }) => ({ taskId, agentId }))
  const of = { projectId: requirement.projectId, orders }
  const { runs, events, inserted } = await createRuns(tx, scope, of, draftsOf(advance, starts, reviews))
  await send(tx, inserted)
  advance.events.push(...events)
  return new Map(starting.map(({ taskId }, index) => [taskId, runs[index]?.id as string]))
}

async function draftsOf(
  { tx, requirement }: Advance,
  starts: readonly Of<'start-task'>[],
  reviews: readonly Of<'start-review'>[],
) {
  const orders = starts.map(({ taskId, assignment: { agentId }, attempt }) => ({ taskId, agentId, attempt }))
  const drafts = await workDrafts(tx, requirement, orders)
  const reviewed = await tasksOf(tx, reviews)
  for (const { taskId, assignment, attempt, runId } of reviews) {
    const task = reviewed.get(taskId) as Task
    drafts.push(await reviewDraft(tx, { task, requirement, agentId: assignment.agentId, runId, attempt }))
  }
  return drafts
}

async function tasksOf(tx: Transaction, steps: readonly { taskId: string }[]): Promise<Map<string, Task>> {
  if (steps.length === 0) return new Map()
  const rows = await tx.task.findMany({ where: { id: { in: steps.map(({ taskId }) => taskId) } } })
  return new Map(rows.map((row) => [row.id, row]))
}

interface Changed {
  taskId: string
  change: TaskChange
  step: TaskOrRaise
  task: TaskFact
}

/** What follows in the graph: counters, lost branches, files that are free again, laid-aside runs, durations. */
async function settleGraph(advance: Advance, changes: readonly Changed[]): Promise<void> {
  const { tx, requirement, now } = advance
  const finished = changes.filter(({ change }) => change.status === 'done')
  const ended = finished.map(({ taskId }) => taskId)
  await send(tx, countDown(tx, ended))
  const durations = finished.flatMap(({ task: { capability, startedAt } }) =>
    startedAt ? [{ capability, tookMs: now.getTime() - new Date(startedAt).getTime() }] : [],
  )
  await send(tx, learnDurations(tx, requirement.organizationId, durations))
  const lost = changes.filter(({ change }) => change.status === 'failed').map(({ task }) => task)
  await cancelDependants(tx, lost)
  for (const { task } of changes) for (const id of task.blocking) advance.wake.add(id)
  const open = changes.filter(
    ({ step, task }) =>
      (step.kind === 'send-back' || step.kind === 'start-over' || step.kind === 'fail-task') && task.run !== null,
  )
  const asideOf = (task: TaskFact) => [task.run, task.review].filter((run) => run && !hasEnded(run.status))
  const aside = [
    ...open.flatMap(({ task }) => asideOf(task)),
    ...changes.flatMap(({ step, task }) => (step.kind === 'start-review' ? [task.review] : [])),
  ].flatMap((run) => (run && !hasEnded(run.status) ? [run.id] : []))
  if (aside.length > 0) await dropRuns(tx, { id: { in: aside } }, 'Another attempt takes its place.')
}

function hasEnded(status: string): boolean {
  return status === 'finished' || status === 'failed' || status === 'cancelled'
}

/** The events of one step. Runs and questions have told their own. */
async function tell(advance: Advance, step: TaskOrRaise, task: TaskFact): Promise<void> {
  const { tx, events, requirement } = advance
  const { projectId, id: requirementId } = requirement
  const say = (type: string, payload: Record<string, unknown>) =>
    events.push({
      type,
      projectId,
      requirementId,
      taskId: task.id,
      payload: { ref: task.ref, title: task.title, ...payload },
    })
  switch (step.kind) {
    case 'start-task':
      say('task.started', { agent: step.assignment.agentName, attempt: step.attempt })
      return
    case 'finish-task':
      say('task.finished', {})
      return
    case 'fail-task':
      say('task.failed', { reason: step.reason })
      return
    case 'send-back':
      say('task.sent-back', { reason: step.reason, attempt: task.attempt })
      return
    case 'request-proof':
      events.push(proofRequested({ ...task, projectId, requirementId }, step.runId))
      return
    case 'resume-run':
      events.push(...(await resumeRun(tx, step.runId, step.decisionId)))
      return
    default:
      return
  }
}

async function merge(advance: Advance, changes: readonly Changed[]): Promise<void> {
  const { organizationId, projectId, id: requirementId } = advance.requirement
  const orders = changes.flatMap(({ step, task }) =>
    step.kind === 'queue-merge'
      ? [{ task: { id: task.id, ref: task.ref, organizationId, projectId, requirementId }, runId: step.runId }]
      : [],
  )
  advance.events.push(...(await queueMerges(advance.tx, orders, advance.now)))
}
