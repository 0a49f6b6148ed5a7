'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { useMay } from '#components/providers/permissions'
import { errorText, useTRPC } from '#components/providers/trpc'
import { Button } from '#components/ui/button'
import { toast } from '#components/ui/toast'
import type { TaskAction } from './task-action-dialog'

const TaskActionDialog = dynamic(() => import('./task-action-dialog').then((module) => module.TaskActionDialog), {
  ssr: false,
})

export interface TaskActionsProps {
  requirementId: string
  taskRef: string
  status: string
  attempt: number
  pausedBy: string | null
}

const ended = new Set(['done', 'failed', 'cancelled'])

/** What can be done with this task now. Everything but pausing shows first what it would do. */
export function TaskActions({ requirementId, taskRef, status, attempt, pausedBy }: TaskActionsProps) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const may = useMay('task.change')
  const [action, setAction] = useState<TaskAction | null>(null)
  const revise = useMutation(
    trpc.requirements.revise.mutationOptions({
      onError: (error) => toast({ kind: 'error', text: errorText(error) }),
      onSettled: () => queries.invalidateQueries(),
    }),
  )
  const open = !ended.has(status)
  const fixed = status === 'merging'
  const repeats = status === 'failed' || status === 'cancelled' || (open && !fixed && (attempt > 0 || isBegun(status)))
  if (!open && !repeats) return null
  const common = { disabled: !may, 'aria-describedby': may ? undefined : 'actions-denied' }
  const kind = pausedBy ? 'resume-task' : 'pause-task'
  return (
    <>
      {open && (
        <Button
          {...common}
          data-key="pause"
          busy={revise.isPending}
          variant={pausedBy ? 'primary' : 'secondary'}
          onClick={() => revise.mutate({ requirementId, changes: [{ kind, task: taskRef }] })}
        >
          {pausedBy ? 'Resume' : 'Pause'}
        </Button>
      )}
      {repeats && (
        <Button {...common} data-key="retry" onClick={() => setAction('retry')}>
          Retry
        </Button>
      )}
      {open && !fixed && (
        <>
          <Button {...common} data-key="assign" onClick={() => setAction('reassign')}>
            Re-assign
          </Button>
          <Button {...common} onClick={() => setAction('skip')}>
            Leave out
          </Button>
          <Button {...common} data-key="cancel" onClick={() => setAction('cancel-task')}>
            Cancel task
          </Button>
        </>
      )}
      {!may && (
        <p id="actions-denied" className="w-full text-table text-muted md:text-right">
          Changing a task needs the role member. An owner or admin can give it to you.
        </p>
      )}
      {action && (
        <TaskActionDialog
          requirementId={requirementId}
          taskRef={taskRef}
          action={action}
          onClose={() => setAction(null)}
        />
      )}
    </>
  )
}

const isBegun = (status: string) => status !== 'waiting' && status !== 'ready'
