import type { Backtest } from './backtest'

const percent = (value: number) => `${(value * 100).toFixed(1)} %`.padStart(8)

/** A backtest as lines of a terminal. `ceiling` is the best that anybody could do, where that is known. */
export function backtestLines(report: Backtest, refusals: readonly string[], ceiling?: number): string[] {
  const facts: [string, string][] = [
    ['Decisions, each predicted only from earlier ones', String(report.decisions).padStart(6)],
    ['With enough similar earlier ones', String(report.predicted).padStart(6)],
    ['Agreement of all predictions with people', percent(report.agreement)],
    ...(ceiling === undefined
      ? []
      : [['The noise lets nobody agree more often than', percent(ceiling)] as [string, string]]),
    ['For comparison: always the recommended option', percent(report.recommendedAgreement)],
    ['For comparison: always the commonest option', percent(report.commonestAgreement)],
    [`Coverage: confidence of ${percent(report.threshold).trim()} or more`, percent(report.coverage)],
    ['Agreement of those', percent(report.agreementWhenAnswered)],
    ['… with 90 % certainty at least', percent(report.agreementAtLeast)],
    ['Calibration error (ECE)', percent(report.calibrationError)],
  ]
  return [
    ...facts.map(([name, value]) => `${name.padEnd(52)}${value}`),
    '',
    'Confidence      Decisions   Said   Came true',
    ...report.reliability.map(
      (row) =>
        `${row.from.toFixed(1)} to ${row.to.toFixed(1)}${String(row.count).padStart(15)}${percent(row.confidence)}${percent(row.agreement).padStart(11)}`,
    ),
    '',
    ...(refusals.length === 0
      ? ['Answering by itself may be switched on at this threshold.']
      : ['Answering by itself is refused:', ...refusals.map((reason) => `- ${reason}`)]),
  ]
}
