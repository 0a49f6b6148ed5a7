'use client'

import { type FormEvent, useState } from 'react'
import { Button } from '#components/ui/button'
import { Dialog } from '#components/ui/dialog'
import { Field } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { Select } from '#components/ui/select'
import { Textarea } from '#components/ui/textarea'
import type { TaskChange } from '#server/planner/model'
import type { EditablePlan, EditableTask } from '#server/planner/queries'
import { type FormOf, linesIn, refsIn } from './plan-draft'

const titles = { add: 'Add a task', edit: 'Edit', split: 'Split', retry: 'Retry' }
const descriptions = {
  add: 'It joins the plan when you apply your changes.',
  edit: 'What is different counts when you apply your changes.',
  split: 'A new task takes part of the work and comes first; the task keeps the rest and its own checks.',
  retry: 'A fresh attempt with these instructions. What was tried so far stays to be read.',
}

interface PlanTaskFormProps {
  plan: EditablePlan
  form: FormOf
  onDone: (change: TaskChange) => void
  onClose: () => void
}

/** One task to write or to change. Answers go into the draft, not to the server. */
export function PlanTaskForm({ plan, form, onDone, onClose }: PlanTaskFormProps) {
  const task = form.kind === 'add' ? undefined : plan.tasks.find(({ ref }) => ref === form.task)
  const [problem, setProblem] = useState('')
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const change = read(form, task, new FormData(event.currentTarget))
    if (typeof change === 'string') setProblem(change)
    else onDone(change)
  }
  return (
    <Dialog
      onClose={onClose}
      wide
      title={task ? `${titles[form.kind]} ${task.ref}` : titles[form.kind]}
      description={descriptions[form.kind]}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Fields kind={form.kind} task={task} plan={plan} />
        {problem && (
          <p role="alert" className="text-body font-medium text-failed-fg">
            {problem}
          </p>
        )}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Back</Button>
          <Button type="submit" variant="primary">
            Add to your changes
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Fields({ kind, task, plan }: { kind: FormOf['kind']; task: EditableTask | undefined; plan: EditablePlan }) {
  const given = kind === 'edit' ? task : undefined
  const checks = given?.acceptance.map(({ command }) => command).join('\n')
  const capabilities = [...new Set(plan.agents.flatMap((agent) => agent.capabilities))].sort()
  return (
    <>
      {kind !== 'retry' && (
        <Field id="task-title" label="Title">
          {(control) => <Input {...control} name="title" maxLength={200} defaultValue={given?.title} />}
        </Field>
      )}
      <Field id="task-instructions" label="Instructions" hint="What to build, so that an engineer needs nothing else.">
        {(control) => (
          <Textarea
            {...control}
            name="instructions"
            rows={6}
            defaultValue={kind === 'split' ? '' : task?.instructions}
          />
        )}
      </Field>
      {kind === 'split' && (
        <Field id="task-rest" label={`What remains for ${task?.ref}`}>
          {(control) => <Textarea {...control} name="rest" rows={4} defaultValue={task?.instructions} />}
        </Field>
      )}
      {(kind === 'add' || kind === 'edit') && (
        <Field id="task-waits" label="Waits for" hint="Refs of tasks: T1, T2. Empty: nothing.">
          {(control) => <Input {...control} name="waits" defaultValue={given?.dependsOn.join(', ')} />}
        </Field>
      )}
      {kind === 'add' && (
        <>
          <Field id="task-before" label="Must be done before" hint="Tasks that wait for it from now on." optional>
            {(control) => <Input {...control} name="before" />}
          </Field>
          <Field id="task-capability" label="Needs an agent for">
            {(control) => (
              <Select {...control} name="capability" defaultValue={capabilities.includes('code') ? 'code' : undefined}>
                {capabilities.map((capability) => (
                  <option key={capability}>{capability}</option>
                ))}
              </Select>
            )}
          </Field>
        </>
      )}
      {(kind === 'add' || kind === 'edit') && (
        <Field id="task-owns" label="May change" hint="Files or patterns, one in a line.">
          {(control) => <Textarea {...control} name="owns" rows={3} defaultValue={given?.owns.join('\n')} />}
        </Field>
      )}
      {kind !== 'retry' && (
        <Field
          id="task-checks"
          label="Checks"
          hint="Commands that must end with exit code 0, one in a line. Orchestrator runs them itself."
        >
          {(control) => <Textarea {...control} name="checks" rows={3} defaultValue={checks} />}
        </Field>
      )}
    </>
  )
}

/** The change that the form says, or what is missing in it. */
function read(form: FormOf, task: EditableTask | undefined, data: FormData): TaskChange | string {
  const text = (name: string) => String(data.get(name) ?? '').trim()
  const instructions = text('instructions')
  if (instructions === '') return 'The instructions are missing.'
  if (form.kind === 'retry') {
    const same = instructions === task?.instructions.trim()
    return { kind: 'retry', task: form.task, ...(same ? {} : { instructions }) }
  }
  const title = text('title')
  const commands = linesIn(text('checks'))
  if (title === '') return 'The title is missing.'
  if (commands.length === 0) return 'At least one check is needed: without one nothing shows that it is done.'
  const acceptance = commands.map((command) => known(task, command))
  if (form.kind === 'split') {
    const rest = text('rest')
    if (rest === '') return 'Say what remains for the task itself.'
    return { kind: 'split', task: form.task, parts: [{ title, instructions, acceptance }], instructions: rest }
  }
  const owns = linesIn(text('owns'))
  if (owns.length === 0) return 'Name at least one file that it may change.'
  const dependsOn = refsIn(text('waits'))
  if (form.kind === 'edit' && task) return edited(task, { title, instructions, owns, acceptance, dependsOn })
  const capability = text('capability') as EditableTask['capability']
  const before = refsIn(text('before'))
  const rest = { dependsOn, before, owns, acceptance, reads: [], statements: [], risk: 'low' as const }
  return { kind: 'add', title, instructions, capability, taskKind: 'implement', ...rest }
}

/** A check that the task had keeps what it proves. */
function known(task: EditableTask | undefined, command: string) {
  const found = task?.acceptance.find((item) => item.command === command)
  return found
    ? { text: found.text, command, proves: found.proves }
    : { text: `"${command}" succeeds`.slice(0, 500), command, proves: [] }
}

type Fields = Required<Pick<Extract<TaskChange, { kind: 'edit' }>, 'title' | 'instructions' | 'owns' | 'acceptance'>>

function edited(task: EditableTask, now: Fields & { dependsOn: string[] }): TaskChange | string {
  const { dependsOn, ...fields } = now
  const old: Fields = {
    ...task,
    acceptance: task.acceptance.map(({ text, command, proves }) => ({ text, command, proves })),
  }
  const different = Object.fromEntries(
    Object.entries(fields).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name as keyof Fields]),
    ),
  )
  const waits = [...dependsOn].sort().join() === [...task.dependsOn].sort().join() ? {} : { dependsOn }
  if (Object.keys({ ...different, ...waits }).length === 0) return 'Nothing is different yet.'
  return { kind: 'edit', task: task.ref, ...different, ...waits }
}
