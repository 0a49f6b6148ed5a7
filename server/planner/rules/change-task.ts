import { isEnded } from '#server/tasks/model'
import { refuse } from '../errors'
import type { TaskChange } from '../model'
import { addTask, editTask, reorderTask, splitTask } from './change-shape'
import { both, bothRuns, type Draft, hold, unique } from './draft'
import {
  type ChangeContext,
  dependantsOf,
  end,
  findTask,
  layAside,
  notBegun,
  type PlanState,
  startStatus,
  type TaskState,
  takeUp,
  unfinished,
  withTask,
} from './plan-state'

/** One change of a task, on top of those before it. @throws PlanError */
export function changeTask(draft: Draft, change: TaskChange, context: ChangeContext): Draft {
  switch (change.kind) {
    case 'pause-task':
      return pauseTask(draft, present(draft, change.task), context)
    case 'resume-task':
      return resumeTask(draft, present(draft, change.task))
    case 'cancel-task':
      return cancelTask(draft, present(draft, change.task), context, change.reason)
    case 'skip':
      return skip(draft, present(draft, change.task), context, change.reason)
    case 'remove':
      return remove(draft, present(draft, change.task), context)
    case 'retry':
      return retry(draft, present(draft, change.task), context, change)
    case 'reassign':
      return reassign(draft, present(draft, change.task), context, change.agentId)
    case 'add':
      return addTask(draft, change, context)
    case 'split':
      return splitTask(draft, present(draft, change.task), change, context)
    case 'reorder':
      return reorderTask(draft, present(draft, change.task), change, context)
    case 'edit':
      return editTask(draft, present(draft, change.task), change, context)
  }
}

/** @throws PlanError unknown-task */
function present(draft: Draft, ref: string): TaskState {
  const task = findTask(draft.target, ref)
  return task ?? refuse('unknown-task', `There is no ${ref} in the present plan. Nothing was changed.`)
}

function mustBeUnfinished(task: TaskState): void {
  if (!isEnded(task.status)) return
  const words = { done: 'is done', failed: 'has failed', cancelled: 'was cancelled' }[task.status as 'done']
  refuse('task-finished', `${task.ref} ${words}: what has ended keeps its result and can't be changed.`)
}

function mustNotMerge(task: TaskState): void {
  if (task.status !== 'merging') return
  refuse(
    'task-merging',
    `${task.ref} is proven and being merged, which can't be taken back. It is done in a moment; then nothing of it can be changed.`,
  )
}

function pauseTask(draft: Draft, task: TaskState, { now, by }: ChangeContext): Draft {
  mustBeUnfinished(task)
  if (task.paused) return draft
  return bothRuns(both(draft, task.ref, { paused: { at: now, by } }), task.ref, layAside)
}

function resumeTask(draft: Draft, task: TaskState): Draft {
  mustBeUnfinished(task)
  if (!task.paused) return draft
  const resumed = both(draft, task.ref, { paused: null })
  return draft.target.requirement.paused ? resumed : bothRuns(resumed, task.ref, takeUp)
}

const ended = (task: TaskState, statusReason: string, now: string): Partial<TaskState> => ({
  status: 'cancelled',
  statusReason,
  finishedAt: now,
  runs: end(task.runs),
  decisions: task.decisions.map((decision) => ({ ...decision, open: false })),
  endedByPerson: true,
})

function cancelTask(draft: Draft, task: TaskState, context: ChangeContext, reason?: string): Draft {
  mustBeUnfinished(task)
  mustNotMerge(task)
  const held = hold(draft, task.ref, context).held
  let target = withTask(draft.target, task.ref, ended(task, reason || `Cancelled by ${context.by}.`, context.now))
  for (const ref of dependantsOf(target, [task.ref])) {
    const dependant = findTask(target, ref) as TaskState
    if (!unfinished(dependant)) continue
    const why = `It builds on ${task.ref}, which was not built.`
    target = withTask(target, ref, { ...ended(dependant, why, context.now), endedByPerson: false })
  }
  return { held, target }
}

function skip(draft: Draft, task: TaskState, context: ChangeContext, reason?: string): Draft {
  mustBeUnfinished(task)
  mustNotMerge(task)
  const held = hold(draft, task.ref, context).held
  const why = `Left out by ${context.by}${reason ? `: ${reason}` : '.'}`
  let target = withTask(draft.target, task.ref, ended(task, why, context.now))
  for (const other of target.tasks) {
    if (!unfinished(other) || !other.dependsOn.includes(task.ref)) continue
    const dependsOn = unique([...other.dependsOn.filter((ref) => ref !== task.ref), ...task.dependsOn])
    target = withTask(target, other.ref, { dependsOn, status: startStatus(target, { ...other, dependsOn }) })
  }
  return { held, target }
}

function remove(draft: Draft, task: TaskState, context: ChangeContext): Draft {
  mustBeUnfinished(task)
  if (!notBegun(task)) {
    refuse(
      'task-started',
      `${task.ref} has begun, so it stays in the plan. Cancel it, or leave it out: what waits for it then goes on.`,
    )
  }
  const dependants = draft.target.tasks.filter((other) => unfinished(other) && other.dependsOn.includes(task.ref))
  if (dependants.length > 0) {
    const names = dependants.map(({ ref }) => ref)
    const message = `${names.join(', ')} ${names.length === 1 ? 'waits' : 'wait'} for ${task.ref}. Remove them first, let them wait for something else, or leave ${task.ref} out instead.`
    refuse('has-dependants', message, { dependants: names })
  }
  const gone = { ...ended(task, `Removed from the plan by ${context.by}.`, context.now), inPlan: false }
  return { held: hold(draft, task.ref, context).held, target: withTask(draft.target, task.ref, gone) }
}

/** A fresh start: attempts are counted anew, what was built so far stays to be read. */
function retry(
  draft: Draft,
  task: TaskState,
  context: ChangeContext,
  wish: { instructions?: string; agentId?: string },
): Draft {
  if (task.status === 'done') mustBeUnfinished(task)
  mustNotMerge(task)
  if (notBegun(task) && task.attempt === 0 && task.agentsTried.length === 0) {
    refuse('task-not-started', `${task.ref} has not begun, so there is nothing to repeat. Edit it instead.`)
  }
  if (wish.agentId) mustFit(task, wish.agentId, context)
  const revived = isEnded(task.status) ? cancelledBecauseOf(draft.target, task) : []
  let next = startAnew(draft, task, context, {
    instructions: wish.instructions ?? task.instructions,
    wantedAgentId: wish.agentId ?? task.wantedAgentId,
  })
  for (const dependant of revived) {
    const patch = { status: 'waiting', statusReason: `Waits for ${task.ref} again.`, finishedAt: null } as const
    next = both(next, dependant.ref, patch)
  }
  return next
}

function startAnew(draft: Draft, task: TaskState, context: ChangeContext, patch: Partial<TaskState>): Draft {
  const fresh: Partial<TaskState> = {
    ...patch,
    status: startStatus(draft.target, task),
    statusReason: `${context.by} has it done again.`,
    attempt: 0,
    agentsTried: [],
    agentId: null,
    notBefore: null,
    finishedAt: null,
    endedByPerson: false,
  }
  const runs = layAside(findTask(draft.held, task.ref)?.runs ?? [])
  const held = { ...fresh, paused: { at: context.now, by: context.by }, runs }
  const decisions = task.decisions.map((decision) => ({ ...decision, open: false }))
  return {
    held: withTask(draft.held, task.ref, held),
    target: withTask(draft.target, task.ref, { ...fresh, paused: null, runs: end(task.runs), decisions }),
  }
}

/** What never began because this was not built, and nobody ended on purpose. */
function cancelledBecauseOf(state: PlanState, task: TaskState): TaskState[] {
  return [...dependantsOf(state, [task.ref])]
    .map((ref) => findTask(state, ref) as TaskState)
    .filter((other) => other.status === 'cancelled' && other.attempt === 0 && !other.endedByPerson)
}

function mustFit(task: TaskState, agentId: string, { agents }: ChangeContext): void {
  const agent = agents.find(({ id }) => id === agentId)
  if (!agent) refuse('unknown-agent', 'There is no such agent in this organization. Nothing was changed.')
  if (!agent.enabled) refuse('agent-does-not-fit', `${agent.name} is switched off. Enable it under Agents first.`)
  if (!agent.capabilities.includes(task.capability)) {
    refuse('agent-does-not-fit', `${agent.name} does not offer ${task.capability}, which ${task.ref} needs.`)
  }
}

function reassign(draft: Draft, task: TaskState, context: ChangeContext, agentId: string): Draft {
  mustBeUnfinished(task)
  mustNotMerge(task)
  mustFit(task, agentId, context)
  if (!notBegun(task)) return startAnew(draft, task, context, { wantedAgentId: agentId })
  const patch = { wantedAgentId: agentId, agentsTried: task.agentsTried.filter((tried) => tried !== agentId) }
  return hold(both(draft, task.ref, patch), task.ref, context)
}
