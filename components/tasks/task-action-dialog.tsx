'use client'

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '#components/providers/trpc'
import { ChangeDialog } from '#components/requirements/change-dialog'
import { Field } from '#components/ui/field'
import { Select } from '#components/ui/select'
import { Textarea } from '#components/ui/textarea'
import type { TaskChange } from '#server/planner/model'
import type { EditablePlan, EditableTask } from '#server/planner/queries'

export type TaskAction = 'retry' | 'reassign' | 'skip' | 'cancel-task'

const texts: Record<TaskAction, { title: string; description: string; label: string; danger?: boolean }> = {
  retry: {
    title: 'Do it again?',
    description:
      'A new attempt starts in ten seconds, with its attempts counted anew. What was tried so far stays to be read.',
    label: 'Retry',
  },
  reassign: {
    title: 'Give it to another agent?',
    description: 'Begun work is stopped and done again by the agent you choose, in ten seconds.',
    label: 'Re-assign',
  },
  skip: {
    title: 'Leave it out?',
    description: 'It ends in ten seconds. What waits for it goes on without it.',
    label: 'Leave out',
    danger: true,
  },
  'cancel-task': {
    title: 'Cancel it?',
    description: 'Its run stops at once, and in ten seconds it ends with everything that builds on it.',
    label: 'Cancel task',
    danger: true,
  },
}

export interface TaskActionDialogProps {
  requirementId: string
  taskRef: string
  action: TaskAction
  onClose: () => void
}

/** One action on one task, with what it would do. */
export function TaskActionDialog({ requirementId, taskRef, action, onClose }: TaskActionDialogProps) {
  const trpc = useTRPC()
  const plan = useQuery(trpc.requirements.plan.queryOptions({ requirementId }))
  const task = plan.data?.tasks.find(({ ref }) => ref === taskRef)
  const [instructions, setInstructions] = useState<string>()
  const [agentId, setAgentId] = useState('')
  const { title, ...rest } = texts[action]
  const change = task ? changeOf(action, task, { instructions, agentId }) : null
  return (
    <ChangeDialog
      {...rest}
      requirementId={requirementId}
      title={`${taskRef}: ${title}`}
      change={change && { kind: 'revise', changes: [change] }}
      onClose={onClose}
    >
      {action === 'retry' && (
        <Field
          id="retry-instructions"
          label="Instructions"
          hint="Change them if the attempt before shows what was unclear."
        >
          {(control) => (
            <Textarea
              {...control}
              rows={6}
              value={instructions ?? task?.instructions ?? ''}
              onChange={(event) => setInstructions(event.target.value)}
            />
          )}
        </Field>
      )}
      {action === 'reassign' && plan.data && task && (
        <AgentChoice plan={plan.data} task={task} value={agentId} onChange={setAgentId} />
      )}
    </ChangeDialog>
  )
}

function changeOf(
  action: TaskAction,
  task: EditableTask,
  given: { instructions: string | undefined; agentId: string },
): TaskChange | null {
  if (action === 'reassign') return given.agentId ? { kind: action, task: task.ref, agentId: given.agentId } : null
  if (action !== 'retry') return { kind: action, task: task.ref }
  const instructions = given.instructions?.trim()
  const edited = instructions !== undefined && instructions !== task.instructions.trim()
  if (edited && instructions === '') return null
  return { kind: 'retry', task: task.ref, ...(edited ? { instructions } : {}) }
}

function AgentChoice(props: {
  plan: EditablePlan
  task: EditableTask
  value: string
  onChange: (agentId: string) => void
}) {
  const fitting = props.plan.agents.filter(({ capabilities }) => capabilities.includes(props.task.capability))
  return (
    <Field
      id="wanted-agent"
      label="Agent"
      hint={`Enabled agents that offer ${props.task.capability}. Others are managed under Agents.`}
    >
      {(control) => (
        <Select {...control} value={props.value} onChange={(event) => props.onChange(event.target.value)}>
          <option value="">Choose an agent</option>
          {fitting.map((agent) => (
            <option key={agent.id} value={agent.id}>
              {agent.name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
}
