'use client'

import '@xyflow/react/dist/style.css'
import {
  Controls,
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  type ReactFlowInstance,
} from '@xyflow/react'
import { useRouter } from 'next/navigation'
import { type KeyboardEvent, useMemo, useRef, useState } from 'react'
import { useShownTheme } from '#components/providers/theme'
import { classNames } from '#components/ui/class-names'
import { Elapsed } from '#components/ui/duration'
import { statusSolid } from '#components/ui/status'
import { visibleText } from '#server/kernel/visible-text'
import type { TaskNode } from '#server/tasks/queries'
import { layout, NODE_HEIGHT, NODE_WIDTH, neighbour } from './graph-layout'
import { TaskStatus, taskLook } from './task-status'

type TaskFlowNode = Node<{ task: TaskNode; focused: boolean; href: string }, 'task'>

/** One tab stop for the whole graph: only the focused task is in the tab order, arrows move along the dependencies. */
function TaskBox({ data: { task, focused, href } }: NodeProps<TaskFlowNode>) {
  const paused = task.atRest
  const { kind, word } = taskLook(task.status, task.attempt, paused)
  const why = task.next && visibleText(task.next.reason)
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} className="invisible" />
      <a
        href={href}
        id={`graph-${task.id}`}
        tabIndex={focused ? 0 : -1}
        aria-label={`${task.ref} ${visibleText(task.title)}, ${word}${task.agentName ? `, ${task.agentName}` : ''}${why ? `. ${why}` : ''}`}
        title={why ?? undefined}
        data-task={task.id}
        style={{ width: NODE_WIDTH, height: NODE_HEIGHT, borderLeftColor: statusSolid[kind] }}
        className={classNames(
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
      </a>
      <Handle type="source" position={Position.Right} isConnectable={false} className="invisible" />
    </>
  )
}

const nodeTypes = { task: TaskBox }

/** The plan as a graph. Everything it shows is also in the list, which is its equal for screen readers. */
export function TaskGraph({ tasks, hrefOf }: { tasks: readonly TaskNode[]; hrefOf: (task: TaskNode) => string }) {
  const router = useRouter()
  const theme = useShownTheme()
  const flow = useRef<ReactFlowInstance<TaskFlowNode>>(null)
  const shape = tasks.map((task) => `${task.id}:${task.dependsOn.join()}`).join(' ')
  // biome-ignore lint/correctness/useExhaustiveDependencies: a task that only changed its state keeps its place
  const places = useMemo(() => layout(tasks), [shape])
  const [chosen, setChosen] = useState<string>()
  const focused = tasks.some((task) => task.id === chosen) ? chosen : tasks[0]?.id

  const nodes: TaskFlowNode[] = tasks.map((task) => ({
    id: task.id,
    type: 'task',
    position: places.get(task.id) ?? { x: 0, y: 0 },
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    data: { task, focused: task.id === focused, href: hrefOf(task) },
    focusable: false,
    draggable: false,
  }))
  const done = new Set(tasks.filter((task) => task.status === 'done').map((task) => task.id))
  const edges: Edge[] = tasks.flatMap((task) =>
    task.dependsOn.map((from) => ({
      id: `${from}-${task.id}`,
      source: from,
      target: task.id,
      focusable: false,
      style: { stroke: done.has(from) ? 'var(--st-succeeded-solid)' : 'var(--border-strong)', strokeWidth: 1.5 },
    })),
  )

  const onKeyDown = (event: KeyboardEvent) => {
    const next = focused && neighbour(event.key, focused, tasks, places)
    if (!next) return
    event.preventDefault()
    setChosen(next)
    reveal(next)
  }
  /** Brings a task into sight before it gets the focus: one out of sight is not in the page. */
  const reveal = (id: string) => {
    const place = places.get(id)
    if (!place || !flow.current) return
    const zoom = Math.max(flow.current.getZoom(), 0.6)
    void flow.current.setCenter(place.x + NODE_WIDTH / 2, place.y + NODE_HEIGHT / 2, { zoom })
    requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(`graph-${id}`)?.focus()))
  }
  const rows = Math.max(...[...places.values()].map((place) => place.y), 0) + NODE_HEIGHT + 80
  return (
    <section
      aria-label="Plan as a graph. Arrow keys follow the dependencies, Enter opens a task."
      onKeyDown={onKeyDown}
      style={{ height: Math.min(640, Math.max(280, rows)) }}
      className="overflow-hidden rounded-lg border border-border bg-canvas"
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        onInit={(instance) => {
          flow.current = instance
        }}
        colorMode={theme}
        onNodeClick={(event, node) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return
          event.preventDefault()
          setChosen(node.id)
          router.push(node.data.href)
        }}
        onlyRenderVisibleElements
        nodesDraggable={false}
        nodesConnectable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        fitView
        fitViewOptions={{ padding: 0.12, maxZoom: 1 }}
        minZoom={0.1}
        maxZoom={1.5}
        zoomOnScroll={false}
        preventScrolling={false}
        proOptions={{ hideAttribution: false }}
        className="bg-canvas [&_.react-flow\_\_attribution]:bg-canvas! [&_.react-flow\_\_attribution_a]:text-muted!"
        style={{ background: 'var(--canvas)' }}
      >
        <Controls showInteractive={false} />
      </ReactFlow>
    </section>
  )
}
