'use client'

import { useSyncExternalStore } from 'react'
import { Skeleton } from '#components/ui/skeleton'
import type { TaskNode } from '#server/tasks/queries'
import { TaskGraph } from './task-graph'
import { TaskList } from './task-list'

/** Above this many tasks, and below this width, the list says more than a graph. */
const MOST_IN_GRAPH = 200
const WIDE = '(width >= 64rem)'

function watchWidth(listener: () => void): () => void {
  const query = window.matchMedia(WIDE)
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}

/**
 * What is shown when nobody chose: the graph where there is room for one. Null until the browser says how wide it is.
 */
export function usePlanView(tasks: number): 'graph' | 'list' | null {
  const wide = useSyncExternalStore(
    watchWidth,
    () => window.matchMedia(WIDE).matches,
    () => null,
  )
  if (wide === null) return null
  return wide && tasks <= MOST_IN_GRAPH ? 'graph' : 'list'
}

/** The plan as the person asked for it; when nothing was asked, as a graph where there is room for one. */
export function PlanViews(props: {
  tasks: readonly TaskNode[]
  hrefOf: (task: TaskNode) => string
  view: 'graph' | 'list' | null
}) {
  const { tasks, hrefOf, view } = props
  const fitting = usePlanView(tasks.length)
  const shown = view ?? fitting
  if (shown === null) return <Skeleton className="h-72 w-full rounded-lg" />
  return shown === 'graph' ? <TaskGraph tasks={tasks} hrefOf={hrefOf} /> : <TaskList tasks={tasks} hrefOf={hrefOf} />
}
