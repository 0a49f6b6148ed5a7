'use client'

import { useQuery } from '@tanstack/react-query'
import { errorIdOf, errorText, useTRPC } from '#components/providers/trpc'
import { VisibleText } from '#components/runs/visible-text'
import { phaseInWords } from '#components/tasks/check-list'
import { TextLink } from '#components/ui/link'
import { ErrorPanel } from '#components/ui/page-state'
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import type { EvidenceView } from '#server/proofs/queries'
import type { RequirementView } from '#server/requirements/queries'
import { OutcomeStatus } from './requirement-status'

function Evidence({ evidence, projectId, scripted }: { evidence: EvidenceView; projectId: string; scripted: boolean }) {
  return (
    <div className="flex flex-col gap-0.5">
      <TextLink
        href={`/projects/${projectId}/tasks/${evidence.taskId}?tab=checks#check-${evidence.checkId}`}
        title={evidence.command}
        className="inline-flex min-h-6 items-center font-mono text-code"
      >
        <span className="line-clamp-2 wrap-anywhere max-md:line-clamp-1 max-md:break-all">
          <VisibleText text={evidence.command} />
        </span>
      </TextLink>
      <span className="text-meta text-muted">
        exit {evidence.exitCode ?? '–'} · tree <span className="font-mono">{evidence.treeHash.slice(0, 12)}</span> ·{' '}
        {evidence.taskRef} · {phaseInWords(evidence.phase)}
        {scripted && ' · scripted'}
      </span>
      {evidence.tests.length > 0 && (
        <details className="text-meta text-muted">
          <summary className="min-h-6 content-center">
            {evidence.tests.length === 1 ? '1 test' : `${evidence.tests.length} tests`}
          </summary>
          <ul className="list-disc pl-5">
            {evidence.tests.map((name) => (
              <li key={name}>
                <VisibleText text={name} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}

/** Every sentence of the requirement, what became of it, and the execution that shows it. */
export function StatementTable({ requirement }: { requirement: RequirementView }) {
  const trpc = useTRPC()
  const evidence = useQuery(trpc.requirements.evidence.queryOptions({ requirementId: requirement.id }))
  const byRef = new Map(evidence.data?.map((entry) => [entry.statementRef, entry]))
  const scripted = requirement.project.providerMode === 'scripted'
  return (
    <div className="flex flex-col gap-3">
      <p className="text-reading font-medium">{requirement.totalsInWords}</p>
      {evidence.error && (
        <ErrorPanel
          title="The evidence could not be loaded. The outcomes below are complete."
          detail={errorText(evidence.error)}
          errorId={errorIdOf(evidence.error)}
        />
      )}
      <Table label="Statements of the requirement">
        <TableHead>
          <tr>
            <HeaderCell>Statement</HeaderCell>
            <HeaderCell>Outcome</HeaderCell>
            <HeaderCell>Evidence</HeaderCell>
          </tr>
        </TableHead>
        <TableBody>
          {requirement.statements.map((statement) => {
            const shown = byRef.get(statement.ref)
            return (
              <TableRow key={statement.ref} id={statement.ref}>
                <Cell className="min-w-64 align-top">
                  <span className="number mr-2 text-muted">{statement.ref}</span>
                  <VisibleText text={statement.text} />
                  <span className="block text-meta text-muted">
                    {statement.kind}
                    {statement.section && (
                      <>
                        {' · '}
                        <VisibleText text={statement.section} />
                      </>
                    )}
                  </span>
                </Cell>
                <Cell className="align-top">
                  <OutcomeStatus outcome={statement.outcome} kind={statement.kind} />
                  {statement.outcomeReason && (
                    <span className="block max-w-72 min-w-40 text-meta text-muted">
                      <VisibleText text={statement.outcomeReason} />
                    </span>
                  )}
                </Cell>
                <Cell className="min-w-96 align-top lg:min-w-64">
                  {shown ? (
                    <Evidence evidence={shown} projectId={requirement.projectId} scripted={scripted} />
                  ) : (
                    <span className="text-muted">{statement.kind === 'context' ? '' : 'none yet'}</span>
                  )}
                </Cell>
              </TableRow>
            )
          })}
        </TableBody>
      </Table>
    </div>
  )
}
