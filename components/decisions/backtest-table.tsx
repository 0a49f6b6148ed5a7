import { KeyValues } from '#components/ui/key-value'
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '#components/ui/table'
import type { PrecedentReport } from '#server/decisions/precedents'

const percent = (share: number) => `${(share * 100).toFixed(1)} %`
/** A share of nothing is not 0 %. */
const shareOf = (count: number, share: number) => (count === 0 ? 'n/a' : percent(share))

/** What answering by precedent would have been worth: each recorded decision predicted only from earlier ones. */
export function BacktestTable({ title, tested }: { title: string; tested: PrecedentReport }) {
  const { report, refusals } = tested
  return (
    <div className="flex flex-col gap-3">
      <p className="text-table text-muted">Each recorded decision was predicted only from the ones before it.</p>
      <KeyValues
        items={[
          ['Decisions', `${report.decisions}, of them ${report.predicted} with enough similar earlier ones`],
          ['Agreement with people', shareOf(report.predicted, report.agreement)],
          ['Always the recommended option', shareOf(report.decisions, report.recommendedAgreement)],
          ['Coverage at the threshold', `${shareOf(report.decisions, report.coverage)} (${report.answered} decisions)`],
          [
            'Agreement of those',
            report.answered === 0
              ? 'n/a'
              : `${percent(report.agreementWhenAnswered)}, with 90 % certainty at least ${percent(report.agreementAtLeast)}`,
          ],
          ['Calibration error', shareOf(report.predicted, report.calibrationError)],
        ]}
      />
      {report.reliability.length > 0 && (
        <Table label={`Reliability: ${title}`}>
          <TableHead>
            <tr>
              <HeaderCell>Confidence</HeaderCell>
              <HeaderCell className="text-right">Decisions</HeaderCell>
              <HeaderCell className="text-right">Said</HeaderCell>
              <HeaderCell className="text-right">Came true</HeaderCell>
            </tr>
          </TableHead>
          <TableBody>
            {report.reliability.map((row) => (
              <TableRow key={row.from}>
                <Cell>
                  {Math.round(row.from * 100)}–{Math.round(row.to * 100)} %
                </Cell>
                <Cell numeric>{row.count}</Cell>
                <Cell numeric>{percent(row.confidence)}</Cell>
                <Cell numeric>{percent(row.agreement)}</Cell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      )}
      {refusals.length > 0 && (
        <div className="text-body">
          <p className="font-medium">It may not answer by itself yet:</p>
          <ul className="list-disc pl-5">
            {refusals.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}
