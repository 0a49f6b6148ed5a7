import type { Change } from '../model'
import { begun, dependantsOf, notBegun, type PlanState, type TaskState, unfinished } from './plan-state'

/** One line of a diff, for people: "T3 waits for: T1 → T1, T2". */
export interface DiffLine {
  ref: string
  title: string
  what: string
  from: string
  to: string
}

/** What a change does to the work, as refs. */
export interface Effects {
  /** begun or ended before, and done again */
  reruns: string[]
  added: string[]
  /** will not be done */
  ends: string[]
  /** wait for one of those, directly or not */
  waits: string[]
  /** results that stay */
  kept: string[]
  /** stop now, their journal kept */
  stops: string[]
  /** go on from their journal */
  goesOn: string[]
}

/** At work, or about to go on. */
const running = (task: TaskState) =>
  task.runs.some(({ status, held }) => status === 'queued' || status === 'running' || (status === 'paused' && !held))

/** What becomes of the work between two states of a plan. */
export function effectsOf(before: PlanState, held: PlanState, target: PlanState): Effects {
  const old = new Map(before.tasks.map((task) => [task.ref, task]))
  const now = new Map(held.tasks.map((task) => [task.ref, task]))
  const effects: Effects = { reruns: [], added: [], ends: [], waits: [], kept: [], stops: [], goesOn: [] }
  for (const task of target.tasks) {
    const was = old.get(task.ref)
    if (!was) effects.added.push(task.ref)
    else if (!was.inPlan) continue
    else if (unfinished(was) && !unfinished(task)) effects.ends.push(task.ref)
    else if (isRepeated(was, task)) effects.reruns.push(task.ref)
    else if (task.status === 'done') effects.kept.push(task.ref)
    const present = now.get(task.ref)
    if (was && present && running(was) && !running(present)) effects.stops.push(task.ref)
    if (was && present && !running(was) && running(present)) effects.goesOn.push(task.ref)
  }
  const causes = [...effects.reruns, ...effects.added]
  const waiting = dependantsOf(target, causes)
  effects.waits = target.tasks.flatMap(({ ref, inPlan, status }) =>
    inPlan && waiting.has(ref) && (status === 'waiting' || status === 'ready') && !causes.includes(ref) ? [ref] : [],
  )
  return effects
}

const isRepeated = (was: TaskState, is: TaskState) =>
  (begun(was) || (was.inPlan && was.status === 'failed')) && notBegun(is)

const list = (values: readonly string[]) => values.join(', ') || 'nothing'
const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim()
const checks = (task: TaskState) => task.acceptance.map(({ command }) => oneLine(command)).join(' · ') || 'none'

const fields: [what: string, read: (task: TaskState, names: ReadonlyMap<string, string>) => string][] = [
  ['title', ({ title }) => title],
  ['instructions', ({ instructions }) => oneLine(instructions)],
  ['waits for', ({ dependsOn }) => list(dependsOn)],
  ['may change', ({ owns }) => list(owns)],
  ['reads', ({ reads }) => list(reads)],
  ['checks', checks],
  ['capability', ({ capability }) => capability],
  ['risk', ({ risk }) => risk],
  ['agent', ({ wantedAgentId }, names) => (wantedAgentId ? (names.get(wantedAgentId) ?? 'an agent') : 'best fit')],
  ['paused', ({ paused }) => (paused ? 'yes' : 'no')],
]

/** The difference between two states of a plan, line by line, in plan order. */
export function diffOf(before: PlanState, target: PlanState, agentNames: ReadonlyMap<string, string>): DiffLine[] {
  const lines: DiffLine[] = []
  const say = (task: TaskState, what: string, from: string, to: string) =>
    lines.push({ ref: task.ref, title: task.title, what, from, to })
  const old = new Map(before.tasks.map((task) => [task.ref, task]))
  for (const task of target.tasks) {
    const was = old.get(task.ref)
    if (!was) say(task, 'new task', '', `waits for ${list(task.dependsOn)}`)
    else if (was.inPlan && !task.inPlan) say(task, 'removed', '', '')
    else if (was.inPlan) {
      if (unfinished(was) && !unfinished(task)) say(task, 'will not be done', '', task.statusReason)
      else if (was.status !== task.status && isRepeated(was, task)) say(task, 'is done again', was.status, task.status)
      else if (was.status === 'cancelled' && unfinished(task)) say(task, 'is back in the plan', was.status, task.status)
      for (const [what, read] of fields) {
        const [from, to] = [read(was, agentNames), read(task, agentNames)]
        if (from !== to) say(task, what, from, to)
      }
    }
  }
  return [...lines, ...moves(before, target)]
}

/** Tasks that changed places among those that stayed. */
function moves(before: PlanState, target: PlanState): DiffLine[] {
  const stayed = (state: PlanState, other: PlanState) =>
    state.tasks.filter(({ inPlan, ref }) => inPlan && other.tasks.some((task) => task.ref === ref && task.inPlan))
  const old = stayed(before, target).map(({ ref }) => ref)
  const now = stayed(target, before)
  if (old.length > 500 || old.join() === now.map(({ ref }) => ref).join()) return []
  return now.flatMap((task, index) => {
    const was = old.indexOf(task.ref)
    const [from, to] = [old[was - 1], now[index - 1]?.ref]
    return from === to ? [] : [{ ref: task.ref, title: task.title, what: 'stands', from: after(from), to: after(to) }]
  })
}

const after = (ref: string | undefined) => (ref ? `after ${ref}` : 'first')

const verbs: Record<string, string> = {
  'pause-task': 'paused',
  'resume-task': 'resumed',
  'cancel-task': 'cancelled',
  skip: 'left out',
  remove: 'removed',
  retry: 'has it done again:',
  reassign: 'gave to another agent:',
  split: 'split',
  reorder: 're-ordered',
  edit: 'edited',
}

/** The change in one sentence: "Ana left out T3." */
export function summaryOf(change: Change, by: string, number: number, addedRefs: readonly string[]): string {
  if (change.kind === 'pause') return `${by} paused R${number}.`
  if (change.kind === 'resume') return `${by} resumed R${number}.`
  if (change.kind === 'cancel') return `${by} cancelled R${number}.`
  const parts: string[] = []
  let verb = ''
  for (const one of change.changes) {
    if (one.kind === 'add') continue
    const next = verbs[one.kind] as string
    if (next === verb) parts[parts.length - 1] += `, ${one.task}`
    else parts.push(`${next} ${one.task}`)
    verb = next
  }
  if (addedRefs.length > 0) parts.push(`added ${addedRefs.join(', ')}`)
  return `${by} ${joined(parts)}.`
}

function joined(parts: readonly string[]): string {
  if (parts.length <= 1) return parts[0] ?? 'changed nothing'
  return `${parts.slice(0, -1).join('; ')} and ${parts.at(-1)}`
}
