import { isEnded } from '#server/tasks/model'
import { refuse } from '../errors'
import type { Draft } from './draft'
import type { PlanState, RunState, TaskState } from './plan-state'

/** What a change touched, in its three states: enough to undo it and enough to finish it. */
export interface Touched {
  requirement: { before: Part; held: Part; target: Part } | null
  tasks: { ref: string; before: TaskState | null; held: TaskState; target: TaskState }[]
  /** refs that end by it */
  ended: string[]
}
type Part = PlanState['requirement']

/** Equal as JSON, whatever the order of keys: Postgres keeps its own. */
export const equal = (left: unknown, right: unknown) => JSON.stringify(left, ordered) === JSON.stringify(right, ordered)

function ordered(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
}

export function touchedBy(before: PlanState, { held, target }: Draft): Touched {
  const old = new Map(before.tasks.map((task) => [task.ref, task]))
  const final = new Map(target.tasks.map((task) => [task.ref, task]))
  const tasks = held.tasks.flatMap((task) => {
    const was = old.get(task.ref) ?? null
    const will = final.get(task.ref) as TaskState
    return equal(was, task) && equal(task, will) ? [] : [{ ref: task.ref, before: was, held: task, target: will }]
  })
  const requirement = { before: before.requirement, held: held.requirement, target: target.requirement }
  const moved = !equal(requirement.before, requirement.held) || !equal(requirement.held, requirement.target)
  return {
    requirement: moved ? requirement : null,
    tasks,
    ended: tasks.flatMap(({ ref, target: will }) => (will.endedByPerson ? [ref] : [])),
  }
}

/**
 * The state as it will be once the change is final: of what it touched, exactly those fields that were held back are
 * written, on top of what is there now. What has ended meanwhile keeps its end.
 */
export function settled(now: PlanState, touched: Touched): PlanState {
  const changes = new Map(touched.tasks.map((entry) => [entry.ref, entry]))
  return {
    ...now,
    tasks: now.tasks.map((task) => {
      const entry = changes.get(task.ref)
      if (!entry || (isEnded(task.status) && !isEnded(entry.held.status))) return task
      const held = Object.entries(entry.target).filter(
        ([field, value]) => field !== 'runs' && !equal(value, entry.held[field as keyof TaskState]),
      )
      const ending = new Map(entry.target.runs.map((run) => [run.id, run]))
      const runs = task.runs.map((run) => {
        const will = ending.get(run.id)
        return will?.status === 'cancelled' ? will : run
      })
      return { ...task, ...Object.fromEntries(held), runs }
    }),
  }
}

export const isNothing = (touched: Touched) => touched.requirement === null && touched.tasks.length === 0

/** What must still be as the change left it, or undoing it would undo somebody else's work. */
const steady = [
  'status',
  'attempt',
  'agentId',
  'wantedAgentId',
  'title',
  'instructions',
  'owns',
  'acceptance',
  'paused',
  'dependsOn',
] as const satisfies (keyof TaskState)[]

/**
 * The state that undoes a change: what it touched is as before, everything else as it is now. Work that went on
 * meanwhile stays: a run that has ended keeps its end.
 * @throws PlanError cannot-undo, when something that the change set going has begun
 */
export function undone(now: PlanState, touched: Touched): PlanState {
  const changes = new Map(touched.tasks.map((entry) => [entry.ref, entry]))
  const tasks = now.tasks.flatMap((task) => {
    const entry = changes.get(task.ref)
    if (!entry) return [task]
    const moved = steady.find((field) => !equal(task[field], entry.held[field]) && !wentOn(entry, task, field))
    if (moved) {
      const what = moved === 'status' || moved === 'attempt' ? `is ${task.status} now` : `has changed (${moved})`
      refuse('cannot-undo', `It can't be undone any more: ${task.ref} ${what}. Nothing was changed.`)
    }
    if (!entry.before) return []
    const kept = wentOn(entry, task, 'status') ? { ...task, ...pausesOf(entry.before) } : entry.before
    return [{ ...kept, runs: runsBack(task.runs, entry.before.runs) }]
  })
  const before = touched.requirement?.before
  return {
    requirement: before
      ? { ...now.requirement, paused: before.paused, runs: runsBack(now.requirement.runs, before.runs) }
      : now.requirement,
    tasks: tasks.sort((left, right) => left.position - right.position),
  }
}

const pausesOf = ({ paused }: TaskState) => ({ paused })

/** A change that only paused or resumed says nothing about the work itself: that may have gone on. */
function wentOn(entry: Touched['tasks'][number], task: TaskState, field: keyof TaskState): boolean {
  if (!entry.before || field === 'paused') return false
  const { before, held } = entry
  const onlyPauses = equal({ ...before, paused: null, runs: [] }, { ...held, paused: null, runs: [] })
  return onlyPauses && !equal(task[field], held[field])
}

/** Runs that are still open go back to where they were; one that was at work goes on when there is a slot for it. */
function runsBack(now: readonly RunState[], before: readonly RunState[]): RunState[] {
  const old = new Map(before.map((run) => [run.id, run]))
  return now.map((run) => {
    const was = old.get(run.id)
    if (!was || (was.status === run.status && was.held === run.held)) return run
    const worked = was.status === 'running' || was.status === 'queued'
    if (!worked) return was
    return run.status === 'paused' ? { ...run, held: false } : run
  })
}
