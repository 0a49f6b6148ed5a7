import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { TaskPage } from '#components/tasks/task-page'
import { taskTabs } from '#components/tasks/task-tabs'
import { read } from '../../../../_components/read'

interface TaskProps {
  params: Promise<{ projectId: string; taskId: string }>
  searchParams: Promise<{ tab?: string | string[]; run?: string | string[] }>
}

export async function generateMetadata({ params }: TaskProps): Promise<Metadata> {
  const { taskId } = await params
  const { ref, title } = await read((api) => api.tasks.one({ taskId }))
  return { title: `${ref} ${title}` }
}

export default async function Task({ params, searchParams }: TaskProps) {
  const { projectId, taskId } = await params
  const { tab, run } = await searchParams
  const initial = await read(async (api) => {
    const [task, decisions] = await Promise.all([api.tasks.one({ taskId }), api.decisions.open({ taskId })])
    return { task, decisions }
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
