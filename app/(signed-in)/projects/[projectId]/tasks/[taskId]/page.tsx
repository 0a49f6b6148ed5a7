import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { cache } from 'react'
import { TaskPage } from '#components/tasks/task-page'
import { taskTabs } from '#components/tasks/task-tabs'
import { read } from '../../../../_components/read'

interface TaskProps {
  params: Promise<{ projectId: string; taskId: string }>
  searchParams: Promise<{ tab?: string | string[]; run?: string | string[] }>
}

/** Once for a request: the title and the page ask for the same. */
const taskOf = cache((taskId: string) => read((api) => api.tasks.one({ taskId })))

export async function generateMetadata({ params }: TaskProps): Promise<Metadata> {
  const { taskId } = await params
  const { ref, title } = await taskOf(taskId)
  return { title: `${ref} ${title}` }
}

export default async function Task({ params, searchParams }: TaskProps) {
  const { projectId, taskId } = await params
  const { tab, run } = await searchParams
  const initial = await read(async (api) => {
    const [task, decisions, budget] = await Promise.all([
      taskOf(taskId),
      api.decisions.open({ taskId }),
      api.budgets.of({ level: 'task', ownerId: taskId }),
    ])
    return { task, decisions, budget }
  })
  if (initial.task.projectId !== projectId) notFound()
  return (
    <TaskPage
      initial={initial}
      tab={taskTabs.find((name) => name === tab) ?? 'transcript'}
      runId={typeof run === 'string' ? run : undefined}
    />
  )
}
