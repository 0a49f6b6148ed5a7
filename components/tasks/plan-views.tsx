'use client'

import dynamic from 'next/dynamic'
import { useSyncExternalStore } from 'react'
import { Skeleton } from '#components/ui/skeleton'
import type { TaskNode } from '#server/tasks/queries'
import { TaskList } from './task-list'

const TaskGraph = dynamic(() => import('./task-graph').then((module) => module.TaskGraph), {
  ssr: false,
  loading: () => <Skeleton className="h-72 w-full rounded-lg" />,
})

/** Above this many tasks, and below this width, the list says more than a graph. */
const MOST_IN_GRAPH = 200
const WIDE = '(width >= 64rem)'

function watchWidth(listener: () => void): () => void {
  const query = window.matchMedia(WIDE)
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}

/**
 * The plan as the person asked for it; when nothing was asked, as a graph where there is room for one. The graph's code
 * is loaded only when it is shown; the server always draws the list.
 */
export function PlanViews(props: { tasks: readonly TaskNode[]; projectId: string; view: 'graph' | 'list' | null }) {
  const { tasks, projectId, view } = props
  const wide = useSyncExternalStore(
    watchWidth,
    () => window.matchMedia(WIDE).matches,
    () => null,
  )
  const graph = view === 'graph' || (view === null && wide === true && tasks.length <= MOST_IN_GRAPH)
  if (wide === null && view !== 'list') return <Skeleton className="h-72 w-full rounded-lg" />
  return graph ? <TaskGraph tasks={tasks} projectId={projectId} /> : <TaskList tasks={tasks} projectId={projectId} />
}
