'use client'

import { useQuery } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { Empty } from '#components/ui/empty'
import { ButtonLink, QuietLink } from '#components/ui/link'
import { Progress } from '#components/ui/progress'
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import { Time } from '#components/ui/time'
import type { AppRouter } from '#server/trpc/root'
import { RequirementStatus } from './requirement-status'

type RequirementList = inferRouterOutputs<AppRouter>['requirements']['list']

/** Every requirement of a project, kept live. */
export function RequirementTable({ projectId, initial }: { projectId: string; initial: RequirementList }) {
  const trpc = useTRPC()
  const { data } = useQuery(trpc.requirements.list.queryOptions({ projectId }, { initialData: initial }))
  if (data.requirements.length === 0) {
    return (
      <Empty
        title="No requirement yet"
        action={
          <ButtonLink href={`/projects/${projectId}/requirements/new`} variant="primary">
            New requirement
          </ButtonLink>
        }
      >
        Write what you want in plain words, for example “A task board with an HTTP API: add, list, finish and delete
        tasks.” It becomes a plan, agents build it, and every statement is proven by a test you can read.
      </Empty>
    )
  }
  return (
    <Table label="Requirements">
      <TableHead>
        <tr>
          <HeaderCell>Number</HeaderCell>
          <HeaderCell>Title</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell>Statements</HeaderCell>
          <HeaderCell>Tasks</HeaderCell>
          <HeaderCell>Submitted</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {data.requirements.map((row) => (
          <TableRow key={row.id}>
            <Cell className="number text-muted">R{row.number}</Cell>
            <Cell className="min-w-36 md:min-w-56">
              <QuietLink
                href={`/projects/${projectId}/requirements/${row.id}`}
                className="inline-flex min-h-6 items-center font-medium wrap-anywhere"
              >
                <VisibleText text={row.title} />
              </QuietLink>
            </Cell>
            <Cell>
              <RequirementStatus status={row.status} />
            </Cell>
            <Cell className="whitespace-nowrap text-muted">{row.totalsInWords}</Cell>
            <Cell>
              {row.tasks > 0 ? (
                <span className="flex items-center gap-2 whitespace-nowrap">
                  <Progress value={row.tasksDone} total={row.tasks} label={`Tasks done of R${row.number}`} />
                  <span className="number text-muted">
                    {row.tasksDone}/{row.tasks}
                  </span>
                </span>
              ) : (
                <span className="text-muted">no plan yet</span>
              )}
            </Cell>
            <Cell className="whitespace-nowrap text-muted">
              <Time value={row.createdAt} />
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}
