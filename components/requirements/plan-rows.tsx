'use client'

import { ArrowDown, ArrowUp } from 'lucide-react'
import { type KeyboardEvent, useRef, useState } from 'react'
import { VisibleText } from '#components/runs/visible-text'
import { TaskStatus } from '#components/tasks/task-status'
import { Button, IconButton } from '#components/ui/button'
import { classNames } from '#components/ui/class-names'
import type { TaskChange } from '#server/planner/model'
import type { EditablePlan, EditableTask } from '#server/planner/queries'
import { changeInWords, changesOf, type FormOf, orderOf, type PlanDraft, possible } from './plan-draft'

interface PlanRowsProps {
  plan: EditablePlan
  draft: PlanDraft
  editable: boolean
  onChange: (change: TaskChange) => void
  onForm: (form: FormOf) => void
}

/** The tasks as a list with one tab stop: arrows choose, letters act on the chosen one. */
export function PlanRows({ plan, draft, editable, onChange, onForm }: PlanRowsProps) {
  const list = useRef<HTMLOListElement>(null)
  const tasks = orderOf(plan.tasks, draft)
  const [chosen, setChosen] = useState<string>()
  const current = tasks.some(({ ref }) => ref === chosen) ? chosen : tasks[0]?.ref
  const choose = (index: number) => {
    const task = tasks[index]
    if (!task) return
    setChosen(task.ref)
    list.current?.querySelector<HTMLElement>(`[data-ref="${task.ref}"]`)?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || !(event.target as HTMLElement).matches('[data-ref]')) return
    const index = tasks.findIndex(({ ref }) => ref === current)
    const task = tasks[index]
    if (!task) return
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key]
    if (step !== undefined && !event.altKey) choose(index + step)
    else if (editable && step !== undefined) move(task, index + step, tasks.length, onChange)
    else if (!editable || event.altKey || !act(event.key, task, onChange, onForm)) return
    event.preventDefault()
  }
  return (
    <ol ref={list} aria-label="Tasks of the plan" onKeyDown={onKeyDown} className="flex flex-col gap-2">
      {tasks.map((task, index) => (
        <Row
          key={task.ref}
          task={task}
          chosen={task.ref === current}
          changes={changesOf(draft, task.ref)}
          onChoose={() => setChosen(task.ref)}
          actions={
            editable && (
              <Actions
                task={task}
                onChange={onChange}
                onForm={onForm}
                onMove={(by) => move(task, index + by, tasks.length, onChange)}
                isFirst={index === 0}
                isLast={index === tasks.length - 1}
              />
            )
          }
        />
      ))}
    </ol>
  )
}

function move(task: EditableTask, to: number, count: number, onChange: (change: TaskChange) => void): void {
  if (to >= 0 && to < count) onChange({ kind: 'reorder', task: task.ref, position: to })
}

/** What a letter does with the chosen task; false when it means nothing here. */
function act(
  key: string,
  task: EditableTask,
  onChange: (change: TaskChange) => void,
  onForm: (form: FormOf) => void,
): boolean {
  const can = possible(task)
  if (key === 'n') onForm({ kind: 'add' })
  else if ((key === 'e' || key === 'Enter') && can.has('edit')) onForm({ kind: 'edit', task: task.ref })
  else if (key === 's' && can.has('split')) onForm({ kind: 'split', task: task.ref })
  else if (key === 'r' && can.has('retry')) onForm({ kind: 'retry', task: task.ref })
  else if ((key === 'd' || key === 'Delete') && can.has('remove')) onChange({ kind: 'remove', task: task.ref })
  else if (key === 'o' && can.has('skip')) onChange({ kind: 'skip', task: task.ref })
  else return false
  return true
}

function Row(props: {
  task: EditableTask
  chosen: boolean
  changes: TaskChange[]
  onChoose: () => void
  actions: React.ReactNode
}) {
  const { task, chosen, changes, onChoose, actions } = props
  const gone = changes.some(({ kind }) => kind === 'remove' || kind === 'skip')
  return (
    <li
      data-ref={task.ref}
      tabIndex={chosen ? 0 : -1}
      aria-label={`${task.ref} ${task.title}`}
      aria-current={chosen ? 'true' : undefined}
      onFocus={onChoose}
      className={classNames(
        'flex flex-col gap-2 rounded-lg border bg-surface px-4 py-2',
        chosen ? 'border-accent' : 'border-border',
      )}
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="number text-muted">{task.ref}</span>
        <span className={classNames('min-w-0 flex-1 basis-48 font-medium wrap-anywhere', gone && 'line-through')}>
          <VisibleText text={task.title} />
        </span>
        <TaskStatus status={task.status} attempt={task.attempt} paused={task.paused} />
      </div>
      <p className="text-table text-muted">
        waits for <span className="number">{task.dependsOn.join(', ') || 'nothing'}</span> · {task.capability} ·{' '}
        {task.acceptance.length} {task.acceptance.length === 1 ? 'check' : 'checks'}
      </p>
      {changes.length > 0 && (
        <p className="text-table font-medium text-accent-soft-fg">
          {changes.map(changeInWords).join(' · ')} <span className="font-normal">(not applied yet)</span>
        </p>
      )}
      {chosen && actions}
    </li>
  )
}

function Actions(props: {
  task: EditableTask
  onChange: (change: TaskChange) => void
  onForm: (form: FormOf) => void
  onMove: (by: number) => void
  isFirst: boolean
  isLast: boolean
}) {
  const { task, onChange, onForm, onMove } = props
  const can = possible(task)
  const form = (kind: 'edit' | 'split' | 'retry') => () => onForm({ kind, task: task.ref })
  const named = (label: string) => (
    <>
      {label} <span className="sr-only">{task.ref}</span>
    </>
  )
  return (
    <div className="flex flex-wrap items-center gap-2">
      {can.has('edit') && (
        <Button size="small" onClick={form('edit')}>
          {named('Edit')}
        </Button>
      )}
      {can.has('retry') && (
        <Button size="small" onClick={form('retry')}>
          {named('Retry')}
        </Button>
      )}
      {can.has('split') && (
        <Button size="small" onClick={form('split')}>
          {named('Split')}
        </Button>
      )}
      {can.has('skip') && (
        <Button size="small" onClick={() => onChange({ kind: 'skip', task: task.ref })}>
          {named('Leave out')}
        </Button>
      )}
      {can.has('remove') && (
        <Button size="small" onClick={() => onChange({ kind: 'remove', task: task.ref })}>
          {named('Remove')}
        </Button>
      )}
      <IconButton label={`Move ${task.ref} up`} disabled={props.isFirst} onClick={() => onMove(-1)}>
        <ArrowUp aria-hidden />
      </IconButton>
      <IconButton label={`Move ${task.ref} down`} disabled={props.isLast} onClick={() => onMove(1)}>
        <ArrowDown aria-hidden />
      </IconButton>
    </div>
  )
}
