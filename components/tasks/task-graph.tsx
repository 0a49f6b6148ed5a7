'use client'

import { type KeyboardEvent, memo, useMemo, useRef, useState } from 'react'
import { classNames } from '#components/ui/class-names'
import { Elapsed } from '#components/ui/duration'
import { IntentLink } from '#components/ui/intent-link'
import { PanZoom } from '#components/ui/pan-zoom'
import { statusSolid } from '#components/ui/status'
import { visibleText } from '#server/kernel/visible-text'
import type { TaskNode } from '#server/tasks/queries'
import { type GraphLayout, layout, NODE_HEIGHT, NODE_WIDTH, neighbour, type Point } from './graph-layout'
import { TaskStatus, taskLook } from './task-status'

interface TaskBoxProps {
  task: TaskNode
  place: Point
  href: string
  focused: boolean
  onFocus: (id: string) => void
}

/**
 * One tab stop for the whole graph: only the focused task is in the tab order, arrows move along the dependencies. Drawn
 * again only when its own task changed: of hundreds, an event changes one.
 */
const TaskBox = memo(function TaskBox({ task, place, href, focused, onFocus }: TaskBoxProps) {
  const paused = task.atRest
  const { kind, word } = taskLook(task.status, task.attempt, paused)
  const why = task.next && visibleText(task.next.reason)
  return (
    <IntentLink
      href={href}
      draggable={false}
      tabIndex={focused ? 0 : -1}
      onFocus={() => onFocus(task.id)}
      aria-label={`${task.ref} ${visibleText(task.title)}, ${word}${task.agentName ? `, ${task.agentName}` : ''}${why ? `. ${why}` : ''}`}
      title={why ?? undefined}
      data-task={task.id}
      style={{
        left: place.x,
        top: place.y,
        width: NODE_WIDTH,
        height: NODE_HEIGHT,
        borderLeftColor: statusSolid[kind],
      }}
      className={classNames(
        // what is out of sight in a plan of hundreds is not drawn
        'absolute [content-visibility:auto]',
        'flex flex-col justify-center gap-1 rounded-md border border-l-4 border-border-strong bg-surface px-3 text-table text-text',
        task.status === 'cancelled' && 'line-through',
      )}
    >
      <span className="flex items-center gap-2">
        <span className="number text-muted">{task.ref}</span>
        <span className="truncate font-medium" title={visibleText(task.title)}>
          {visibleText(task.title)}
        </span>
      </span>
      <span className="flex items-center justify-between gap-2">
        <TaskStatus status={task.status} attempt={task.attempt} paused={paused} look="plain" />
        <span className="truncate text-meta text-muted">
          {task.startedAt ? (
            <>
              {task.agentName}
              {' · '}
              <Elapsed since={task.startedAt} until={task.finishedAt} />
            </>
          ) : (
            (why ?? task.agentName)
          )}
        </span>
      </span>
    </IntentLink>
  )
})

/** Curves between columns, straight where the line passes one. */
function pathOf(points: readonly Point[]): string {
  return points
    .map(({ x, y }, index) => {
      const before = points[index - 1]
      if (!before) return `M${x} ${y}`
      if (index % 2 === 0) return `H${x}`
      const middle = (before.x + x) / 2
      return `C${middle} ${before.y} ${middle} ${y} ${x} ${y}`
    })
    .join('')
}

const Lines = memo(function Lines({ shape, done }: { shape: GraphLayout; done: ReadonlySet<string> }) {
  const drawn = (isDone: boolean, stroke: string) => (
    <path
      d={shape.lines
        .filter(({ from }) => done.has(from) === isDone)
        .map(({ points }) => pathOf(points))
        .join('')}
      style={{ stroke }}
      strokeWidth={1.5}
    />
  )
  return (
    <svg aria-hidden width={shape.width} height={shape.height} fill="none" className="pointer-events-none absolute">
      {drawn(false, 'var(--border-strong)')}
      {drawn(true, 'var(--st-succeeded-solid)')}
    </svg>
  )
})

const ORIGIN = { x: 0, y: 0 }

/** The plan as a graph. Everything it shows is also in the list, which is its equal for screen readers. */
export function TaskGraph({ tasks, hrefOf }: { tasks: readonly TaskNode[]; hrefOf: (task: TaskNode) => string }) {
  const frame = useRef<HTMLElement>(null)
  const dependencies = tasks.map((task) => `${task.id}:${task.dependsOn.join()}`).join(' ')
  // biome-ignore lint/correctness/useExhaustiveDependencies: a task that only changed its state keeps its place
  const shape = useMemo(() => layout(tasks), [dependencies])
  const [chosen, setChosen] = useState<string>()
  const focused = tasks.some((task) => task.id === chosen) ? chosen : tasks[0]?.id
  const ended = tasks.flatMap((task) => (task.status === 'done' ? [task.id] : [])).join(' ')
  const done = useMemo(() => new Set(ended.split(' ')), [ended])

  const onKeyDown = (event: KeyboardEvent) => {
    const next = focused && neighbour(event.key, focused, tasks, shape.places)
    if (!next) return
    event.preventDefault()
    frame.current?.querySelector<HTMLElement>(`[data-task="${next}"]`)?.focus()
  }
  return (
    <section
      ref={frame}
      aria-label="Plan as a graph. Arrow keys follow the dependencies, Enter opens a task."
      onKeyDown={onKeyDown}
      style={{ height: Math.min(640, Math.max(280, shape.height + 112)) }}
      className="overflow-hidden rounded-lg border border-border bg-canvas"
    >
      <PanZoom width={shape.width} height={shape.height}>
        <Lines shape={shape} done={done} />
        {tasks.map((task) => (
          <TaskBox
            key={task.id}
            task={task}
            place={shape.places.get(task.id) ?? ORIGIN}
            href={hrefOf(task)}
            focused={task.id === focused}
            onFocus={setChosen}
          />
        ))}
      </PanZoom>
    </section>
  )
}
