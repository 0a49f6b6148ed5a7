import { VisibleText } from '#components/runs/visible-text'
import { Empty } from '#components/ui/empty'
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import type { AssignmentView } from '#server/tasks/queries'

/** "Why this agent": the reasons, and what spoke for or against everybody who was looked at. */
export function AssignmentPanel({
  assignment,
  agentName,
}: {
  assignment: AssignmentView | null
  agentName: string | null
}) {
  if (!assignment) {
    return (
      <Empty title="No agent has been chosen yet">
        When the task is ready, the agent that fits it best is chosen, and the reasons are kept here.
      </Empty>
    )
  }
  return (
    <div className="flex flex-col gap-4">
      <section aria-labelledby="reasons" className="flex flex-col gap-1">
        <h2 id="reasons" className="text-body font-semibold">
          Why <VisibleText text={agentName ?? assignment.chosen ?? 'this agent'} />
        </h2>
        {assignment.reasons.length === 0 && <p className="text-muted">No reason was recorded.</p>}
        <ul className="list-disc pl-5 text-body">
          {assignment.reasons.map((reason) => (
            <li key={reason}>
              <VisibleText text={reason} />
            </li>
          ))}
        </ul>
      </section>
      {assignment.candidates.length > 0 && (
        <Table label="Agents that were looked at">
          <TableHead>
            <tr>
              <HeaderCell>Agent</HeaderCell>
              <HeaderCell className="text-right">Score</HeaderCell>
              <HeaderCell>Facts</HeaderCell>
              <HeaderCell>Result</HeaderCell>
            </tr>
          </TableHead>
          <TableBody>
            {assignment.candidates.map((candidate) => (
              <TableRow key={candidate.name}>
                <Cell className="whitespace-nowrap">
                  <VisibleText text={candidate.name} />
                </Cell>
                <Cell numeric>{candidate.score === null ? '–' : candidate.score.toFixed(2)}</Cell>
                <Cell className="min-w-48 text-muted">{candidate.facts.join(' · ') || '–'}</Cell>
                <Cell className="min-w-40">
                  {candidate.refusedBecause ? (
                    <>
                      not chosen: <VisibleText text={candidate.refusedBecause} />
                    </>
                  ) : candidate.name === agentName ? (
                    'chosen'
                  ) : (
                    'possible'
                  )}
                </Cell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      )}
    </div>
  )
}
