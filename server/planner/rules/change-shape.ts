import { containedPath } from '#server/workspaces/rules/paths'
import { refuse } from '../errors'
import type { Acceptance, TaskChange } from '../model'
import { both, type Draft, hold, unique } from './draft'
import { planLimits } from './plan-check'
import { type ChangeContext, findTask, notBegun, type PlanState, startStatus, type TaskState } from './plan-state'

type Of<Kind extends TaskChange['kind']> = Extract<TaskChange, { kind: Kind }>

/** Tasks a plan may have when people change it; a plan of a model is held to less. */
const MOST_TASKS = 5_000

function mustNotHaveBegun(task: TaskState): void {
  if (notBegun(task)) return
  if (task.status === 'done' || task.status === 'cancelled') {
    const words = task.status === 'done' ? 'is done' : 'was cancelled'
    refuse('task-finished', `${task.ref} ${words}: what has ended keeps its result and can't be changed.`)
  }
  const instead =
    task.status === 'failed' ? 'has failed. Retry it with other instructions' : 'is being worked on. Retry it instead'
  refuse('task-started', `${task.ref} ${instead}: its plan can't change under an attempt.`)
}

/** What a task may wait for: something of the plan that is built or will be. */
function checkedDependencies(state: PlanState, ref: string, dependsOn: readonly string[]): string[] {
  for (const dependency of dependsOn) {
    const needed = findTask(state, dependency)
    if (dependency === ref) refuse('self-dependency', `${ref} can't wait for itself. Nothing was changed.`)
    if (!needed)
      return refuse('unknown-task', `${ref} can't wait for ${dependency}: it is not in the plan. Nothing was changed.`)
    if (needed.status === 'failed' || needed.status === 'cancelled') {
      refuse('dependency-not-built', `${ref} can't wait for ${dependency}, which was not built. Retry it first.`)
    }
  }
  if (dependsOn.length > planLimits.dependencies) {
    refuse(
      'too-many',
      `${ref} would wait for ${dependsOn.length} tasks; at most ${planLimits.dependencies} are allowed.`,
    )
  }
  return unique(dependsOn)
}

function checkPaths(ref: string, globs: readonly string[] = []): void {
  for (const glob of globs) {
    const verdict = containedPath(glob)
    if (!verdict.ok) refuse('unsafe-path', `${ref}: "${glob}" is not a safe path: ${verdict.reason}.`)
  }
}

const numbered = (items: readonly Omit<Acceptance, 'id'>[]): Acceptance[] =>
  items.map(({ text, command, proves }, index) => ({ id: `A${index + 1}`, text, command, proves }))

/** Puts a task into the plan at this place; those behind it move on by one. */
function insert(draft: Draft, task: TaskState, context: ChangeContext): Draft {
  const into = (state: PlanState): PlanState => {
    const tasks = state.tasks.map((other) =>
      other.position >= task.position ? { ...other, position: other.position + 1 } : other,
    )
    return { ...state, tasks: sorted([...tasks, task]) }
  }
  if (draft.target.tasks.length >= MOST_TASKS) refuse('too-many', `A plan may have ${MOST_TASKS} tasks.`)
  return hold({ held: into(draft.held), target: into(draft.target) }, task.ref, context)
}

const sorted = (tasks: TaskState[]): TaskState[] => [...tasks].sort((left, right) => left.position - right.position)

const blank = {
  inPlan: true,
  status: 'waiting',
  attempt: 0,
  agentsTried: [],
  agentId: null,
  wantedAgentId: null,
  feedback: '',
  notBefore: null,
  paused: null,
  finishedAt: null,
  runs: [],
  decisions: [],
  endedByPerson: false,
} as const

/** A new task, and what waits for it from now on. */
export function addTask(draft: Draft, change: Of<'add'>, context: ChangeContext): Draft {
  const ref = `T${context.nextRef}`
  const dependsOn = checkedDependencies(draft.target, ref, change.dependsOn)
  checkPaths(ref, [...change.owns, ...change.reads])
  const followers = change.before.map((name) => {
    const task = findTask(draft.target, name)
    return task ?? refuse('unknown-task', `${name} can't wait for ${ref}: it is not in the plan. Nothing was changed.`)
  })
  followers.forEach(mustNotHaveBegun)
  const last = draft.target.tasks.reduce((most, task) => Math.max(most, task.position), -1)
  const position = Math.min(...followers.map((task) => task.position), last + 1)
  const task: TaskState = {
    ...blank,
    agentsTried: [],
    runs: [],
    decisions: [],
    ref,
    position,
    title: change.title,
    kind: change.taskKind,
    capability: change.capability,
    instructions: change.instructions,
    statements: change.statements,
    owns: change.owns,
    reads: change.reads,
    acceptance: numbered(change.acceptance),
    risk: change.risk,
    dependsOn,
    statusReason: `Added by ${context.by}.`,
  }
  let next = insert(draft, { ...task, status: startStatus(draft.target, task) }, context)
  for (const follower of followers) next = waitFor(next, follower, [...follower.dependsOn, ref], context)
  return next
}

/** Gives a task other dependencies. */
function waitFor(draft: Draft, task: TaskState, dependsOn: readonly string[], context: ChangeContext): Draft {
  const checked = checkedDependencies(draft.target, task.ref, dependsOn)
  const status = startStatus(draft.target, { ...task, dependsOn: checked })
  return hold(both(draft, task.ref, { dependsOn: checked, status }), task.ref, context)
}

/** Parts come before the task, one after the other: they may touch the same files. */
export function splitTask(draft: Draft, task: TaskState, change: Of<'split'>, context: ChangeContext): Draft {
  mustNotHaveBegun(task)
  let next = draft
  let dependsOn = task.dependsOn
  change.parts.forEach((part, index) => {
    const ref = `T${context.nextRef + index}`
    const position = (findTask(next.target, task.ref) as TaskState).position
    const created: TaskState = {
      ...task,
      ...blank,
      agentsTried: [],
      runs: [],
      decisions: [],
      ref,
      position,
      title: part.title,
      instructions: part.instructions,
      acceptance: numbered(part.acceptance),
      dependsOn,
      statusReason: `Split off ${task.ref} by ${context.by}.`,
    }
    next = insert(next, { ...created, status: startStatus(next.target, created) }, context)
    dependsOn = [ref]
  })
  const rest = findTask(next.target, task.ref) as TaskState
  if (change.instructions) next = both(next, task.ref, { instructions: change.instructions })
  return waitFor(next, { ...rest, instructions: change.instructions ?? rest.instructions }, dependsOn, context)
}

/** Other dependencies, another place in the list, or both. */
export function reorderTask(draft: Draft, task: TaskState, change: Of<'reorder'>, context: ChangeContext): Draft {
  let next = draft
  if (change.dependsOn) {
    mustNotHaveBegun(task)
    const wanted = unique(change.dependsOn)
    if (wanted.join() !== task.dependsOn.join()) next = waitFor(next, task, wanted, context)
  }
  const { position } = change
  if (position === undefined) return next
  const others = sorted(next.target.tasks.filter(({ ref }) => ref !== task.ref))
  const behind = others.filter(({ inPlan }) => inPlan)[position]
  const at = behind ? others.indexOf(behind) : others.length
  const places = new Map(others.toSpliced(at, 0, task).map(({ ref }, index) => [ref, index]))
  const order = (state: PlanState): PlanState => ({
    ...state,
    tasks: sorted(state.tasks.map((other) => ({ ...other, position: places.get(other.ref) as number }))),
  })
  return { held: order(next.held), target: order(next.target) }
}

/** Other words, files or checks for a task that has not begun. */
export function editTask(draft: Draft, task: TaskState, change: Of<'edit'>, context: ChangeContext): Draft {
  mustNotHaveBegun(task)
  checkPaths(task.ref, [...(change.owns ?? []), ...(change.reads ?? [])])
  const { kind: _, task: __, acceptance, dependsOn, ...fields } = change
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const patch: Partial<TaskState> = { ...given, ...(acceptance ? { acceptance: numbered(acceptance) } : {}) }
  const edited = hold(both(draft, task.ref, patch), task.ref, context)
  return dependsOn ? reorderTask(edited, task, { kind: 'reorder', task: task.ref, dependsOn }, context) : edited
}
