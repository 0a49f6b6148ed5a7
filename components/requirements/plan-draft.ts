import type { TaskChange } from '#server/planner/model'
import type { EditableTask } from '#server/planner/queries'

/** What a draft holds: changes that are not applied yet, in the order they were made. */
export type PlanDraft = readonly TaskChange[]

/** The form that is open: for a new task or for one of the plan. */
export type FormOf = { kind: 'add' } | { kind: 'edit' | 'split' | 'retry'; task: string }

const verbs: Record<Exclude<TaskChange['kind'], 'add'>, string> = {
  'pause-task': 'Pause',
  'resume-task': 'Resume',
  'cancel-task': 'Cancel',
  skip: 'Leave out',
  remove: 'Remove',
  retry: 'Retry',
  reassign: 'Re-assign',
  split: 'Split',
  reorder: 'Re-order',
  edit: 'Edit',
}

/** One change of a draft in a few words: "Remove T4". */
export function changeInWords(change: TaskChange): string {
  if (change.kind === 'add') return `Add “${change.title}”`
  const what = `${verbs[change.kind]} ${change.task}`
  if (change.kind === 'reorder' && change.dependsOn) {
    return `${change.task} waits for ${change.dependsOn.join(', ') || 'nothing'}`
  }
  if (change.kind === 'reorder') return `Move ${change.task} to place ${(change.position ?? 0) + 1}`
  return what
}

/** Adds a change to a draft; the same change of the same task made again takes the place of the one before. */
export function withChange(draft: PlanDraft, change: TaskChange): PlanDraft {
  if (change.kind === 'add' || change.kind === 'split') return [...draft, change]
  const sort = (one: TaskChange) =>
    one.kind === 'reorder' ? `reorder-${one.dependsOn ? 'edges' : 'place'}` : (one.kind as string)
  const kept = draft.filter(
    (one) => one.kind === 'add' || one.kind === 'split' || one.task !== change.task || sort(one) !== sort(change),
  )
  return [...kept, change]
}

/** What a draft does to one task, for its row. */
export function changesOf(draft: PlanDraft, ref: string): TaskChange[] {
  return draft.filter((change) => change.kind !== 'add' && change.task === ref)
}

/** The tasks in the order the draft gives them. */
export function orderOf(tasks: readonly EditableTask[], draft: PlanDraft): EditableTask[] {
  const order = [...tasks]
  for (const change of draft) {
    if (change.kind !== 'reorder' || change.position === undefined) continue
    const from = order.findIndex(({ ref }) => ref === change.task)
    const [task] = order.splice(from, 1)
    if (task) order.splice(change.position, 0, task)
  }
  return order
}

/** "T1, T2 t3" → ["T1", "T2", "T3"] */
export function refsIn(text: string): string[] {
  return [...new Set(text.toUpperCase().match(/[^\s,;]+/g) ?? [])]
}

/** One entry per line, blank ones left out. */
export function linesIn(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

const notBegun = (status: string) => status === 'waiting' || status === 'ready'
const ended = (status: string) => status === 'done' || status === 'failed' || status === 'cancelled'

/** What can be done with a task in the editor, as things stand. The server says the last word. */
export function possible(task: EditableTask): Set<'edit' | 'remove' | 'skip' | 'split' | 'retry' | 'move'> {
  if (notBegun(task.status)) return new Set(['edit', 'remove', 'skip', 'split', 'move'])
  if (task.status === 'failed') return new Set(['retry', 'move'])
  if (ended(task.status)) return new Set(['move'])
  return task.status === 'merging' ? new Set(['move']) : new Set(['retry', 'skip', 'move'])
}
