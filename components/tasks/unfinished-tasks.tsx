'use client'

import { useState } from 'react'
import { VisibleText } from '#components/runs/visible-text'
import { QuietLink } from '#components/ui/link'
import { Time } from '#components/ui/time'
import type { NextActor, TaskNode } from '#server/tasks/queries'
import { TaskStatus } from './task-status'

type Unfinished = TaskNode & { next: NextActor }

/** Who is waited for, the most telling first: what people hold up comes before what holds up itself. */
const groups: { kinds: readonly string[]; words: (count: number) => string }[] = [
  { kinds: ['person', 'group'], words: (count) => `${count} with people` },
  { kinds: ['agent'], words: (count) => `${count} with agents` },
  { kinds: ['timer'], words: (count) => `${count} until a time` },
  { kinds: ['system'], words: (count) => `${count} with Orchestrator or behind other tasks` },
]
const groupOf = (task: Unfinished) => groups.findIndex(({ kinds }) => kinds.includes(task.next.kind))

/** As many as fit beside the plan without pushing it out of sight; more are shown on demand. */
const MOST_OPEN = 8

/** Why each unfinished task waits, in the words that are stored with it. Nothing when all have ended. */
export function UnfinishedTasks(props: {
  tasks: readonly TaskNode[]
  hrefOf: (task: TaskNode) => string
  /** the page already shows the reasons elsewhere */
  folded: boolean
}) {
  const { tasks, hrefOf, folded } = props
  const waiting = tasks.filter((task): task is Unfinished => task.next !== null).sort((a, b) => groupOf(a) - groupOf(b))
  const [chosen, setChosen] = useState<boolean>()
  if (waiting.length === 0) return null
  const open = chosen ?? (!folded && waiting.length <= MOST_OPEN)
  const counts = groups.map(({ words }, index) => ({
    count: waiting.filter((task) => groupOf(task) === index).length,
    words,
  }))
  return (
    <details
      open={open}
      onToggle={({ currentTarget }) => currentTarget.open !== open && setChosen(currentTarget.open)}
      className="rounded-lg border border-border bg-surface"
    >
      <summary className="target content-center px-4 text-body">
        <span className="font-medium">
          {waiting.length === 1 ? '1 unfinished task' : `${waiting.length} unfinished tasks`}
        </span>{' '}
        <span className="text-table text-muted">
          {counts
            .filter(({ count }) => count > 0)
            .map(({ count, words }) => words(count))
            .join(' · ')}
        </span>
      </summary>
      {open && (
        <ul aria-label="Why each task waits" className="divide-y divide-border border-t border-border">
          {waiting.map((task) => (
            <li key={task.id} className="flex flex-wrap items-baseline gap-x-3 px-4 py-1.5 text-table">
              <QuietLink href={hrefOf(task)} className="inline-flex min-h-6 items-center gap-2 font-medium">
                <span className="number text-muted">{task.ref}</span>
                <span className="wrap-anywhere">
                  <VisibleText text={task.title} />
                </span>
              </QuietLink>
              <TaskStatus status={task.status} attempt={task.attempt} paused={task.atRest} look="plain" />
              <span className="min-w-0 basis-60 grow wrap-anywhere">
                <VisibleText text={task.next.reason} />
              </span>
              <span className="text-meta text-muted">
                since <Time value={task.next.since} /> · looked after again <Time value={task.next.deadline} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </details>
  )
}
