import { memo } from 'react'
import { VisibleText } from '#components/runs/visible-text'
import { Elapsed } from '#components/ui/duration'
import { QuietLink } from '#components/ui/link'
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import { inRefOrder } from '#server/kernel/ref-order'
import type { TaskNode } from '#server/tasks/queries'
import { NextActorLine } from './next-actor'
import { TaskStatus } from './task-status'

interface TaskRowProps {
  task: TaskNode
  href: string
  /** refs, in words */
  waitsFor: string
}

/** Drawn again only when its own task changed: of hundreds, an event changes one. */
const TaskRow = memo(function TaskRow({ task, href, waitsFor }: TaskRowProps) {
  return (
    <TableRow>
      <Cell className="min-w-56">
        <QuietLink href={href} className="inline-flex min-h-6 items-center gap-2 font-medium">
          <span className="number text-muted">{task.ref}</span>
          <span>
            <VisibleText text={task.title} />
          </span>
        </QuietLink>
      </Cell>
      <Cell className="min-w-40">
        <TaskStatus status={task.status} attempt={task.attempt} paused={task.atRest} />
        {task.next ? (
          <NextActorLine next={task.next} />
        ) : (
          task.statusReason && (
            <span className="block max-w-80 text-meta text-muted">
              <VisibleText text={task.statusReason} />
            </span>
          )
        )}
      </Cell>
      <Cell className="text-muted max-md:whitespace-nowrap">{waitsFor || 'nothing'}</Cell>
      <Cell className="whitespace-nowrap">{task.agentName ?? <span className="text-muted">not yet</span>}</Cell>
      <Cell className="text-muted max-md:whitespace-nowrap">{inRefOrder(task.statementRefs).join(', ') || '–'}</Cell>
      <Cell className="whitespace-nowrap text-muted">
        {task.startedAt ? <Elapsed since={task.startedAt} until={task.finishedAt} /> : '–'}
      </Cell>
    </TableRow>
  )
})

/** The plan as a table: says everything the graph shows, in the order of the plan. */
export function TaskList({ tasks, hrefOf }: { tasks: readonly TaskNode[]; hrefOf: (task: TaskNode) => string }) {
  const refs = new Map(tasks.map((task) => [task.id, task.ref]))
  return (
    <Table label="Tasks of the plan">
      <TableHead>
        <tr>
          <HeaderCell>Task</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell>Waits for</HeaderCell>
          <HeaderCell>Agent</HeaderCell>
          <HeaderCell>Statements</HeaderCell>
          <HeaderCell>Time</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {tasks.map((task) => (
          <TaskRow
            key={task.id}
            task={task}
            href={hrefOf(task)}
            waitsFor={task.dependsOn.map((id) => refs.get(id) ?? '?').join(', ')}
          />
        ))}
      </TableBody>
    </Table>
  )
}
