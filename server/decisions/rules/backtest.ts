import type { Scored } from './calibration'
import { type Case, predict } from './precedent'

/** One row of the reliability table: predictions of about this confidence, and how many came true. */
interface Reliability {
  from: number
  to: number
  count: number
  confidence: number
  agreement: number
}

/** What predicting each recorded decision only from earlier ones would have been worth. */
export interface Backtest {
  threshold: number
  decisions: number
  /** decisions with enough similar earlier ones */
  predicted: number
  /** of the predicted: how many are what people chose */
  agreement: number
  /** of all decisions: how many would have been answered at the threshold, and how many of those rightly */
  answered: number
  coverage: number
  agreementWhenAnswered: number
  /** the lower end of the 90 % interval (Wilson) of the agreement when answered */
  agreementAtLeast: number
  /** expected calibration error: by how much confidence and agreement differ on average */
  calibrationError: number
  /** of all decisions: how many the recommended option, or always the commonest one, would have hit */
  recommendedAgreement: number
  commonestAgreement: number
  reliability: Reliability[]
}

export interface Tried extends Scored {
  confidence: number
}

/**
 * Predicts every case from those before it, calibrated by the predictions before it: nothing of the future is used.
 * @param cases oldest first
 */
export function replay(cases: readonly Case[]): Tried[] {
  const tried: Tried[] = []
  for (const [index, present] of cases.entries()) {
    const prediction = predict(present.features, cases.slice(0, index), tried)
    if (!prediction) continue
    const { raw, confidence, option } = prediction
    tried.push({ raw, confidence, correct: option === present.option })
  }
  return tried
}

/** What a replay of these cases (`tried`) says about answering at a threshold. */
export function backtest(cases: readonly Case[], threshold: number, tried: readonly Tried[] = replay(cases)): Backtest {
  const answered = tried.filter((one) => one.confidence >= threshold)
  const right = answered.filter((one) => one.correct).length
  const recommended = cases.filter((one) => one.features.recommended === one.option).length
  const reliability = reliabilityOf(tried)
  return {
    threshold,
    decisions: cases.length,
    predicted: tried.length,
    agreement: share(tried.filter((one) => one.correct).length, tried.length),
    answered: answered.length,
    coverage: share(answered.length, cases.length),
    agreementWhenAnswered: share(right, answered.length),
    agreementAtLeast: wilsonLower(right, answered.length),
    calibrationError: reliability.reduce(
      (sum, row) => sum + (row.count / Math.max(1, tried.length)) * Math.abs(row.confidence - row.agreement),
      0,
    ),
    recommendedAgreement: share(recommended, cases.length),
    commonestAgreement: share(commonestHits(cases), cases.length),
    reliability,
  }
}

/** How often the option that was commonest until then was chosen once more. */
function commonestHits(cases: readonly Case[]): number {
  const counts = new Map<string, number>()
  let hits = 0
  for (const { option } of cases) {
    if (mostCounted(counts) === option) hits += 1
    counts.set(option, (counts.get(option) ?? 0) + 1)
  }
  return hits
}

function mostCounted(counts: ReadonlyMap<string, number>): string | null {
  return [...counts.entries()].reduce<[string | null, number]>(
    (best, entry) => (entry[1] > best[1] ? entry : best),
    [null, 0],
  )[0]
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

/** 90 % one-sided Wilson bound. */
function wilsonLower(right: number, count: number): number {
  if (count === 0) return 0
  const z = 1.2816
  const p = right / count
  const middle = p + (z * z) / (2 * count)
  const margin = z * Math.sqrt((p * (1 - p)) / count + (z * z) / (4 * count * count))
  return (middle - margin) / (1 + (z * z) / count)
}

function reliabilityOf(tried: readonly Tried[]): Reliability[] {
  return Array.from({ length: 10 }, (_, tenth) => {
    const [from, to] = [tenth / 10, (tenth + 1) / 10]
    const within = tried.filter((one) => one.confidence >= from && (one.confidence < to || tenth === 9))
    const correct = within.filter((one) => one.correct).length
    const sum = within.reduce((total, one) => total + one.confidence, 0)
    return {
      from,
      to,
      count: within.length,
      confidence: share(sum, within.length),
      agreement: share(correct, within.length),
    }
  }).filter((row) => row.count > 0)
}

/** Recorded decisions, and answers at the threshold, below which a backtest says too little. */
const FEWEST_DECISIONS = 40
const FEWEST_ANSWERED = 20
const MOST_CALIBRATION_ERROR = 0.1

/** Why precedents may not answer by themselves, in words; empty when they may. */
export function refusals(report: Backtest): string[] {
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`
  const out: string[] = []
  if (report.decisions < FEWEST_DECISIONS) {
    out.push(
      `Only ${report.decisions} ${report.decisions === 1 ? 'decision is' : 'decisions are'} recorded; it takes ${FEWEST_DECISIONS}.`,
    )
  }
  if (report.answered < FEWEST_ANSWERED) {
    out.push(`Only ${report.answered} would have reached the threshold; it takes ${FEWEST_ANSWERED}.`)
  }
  if (report.answered > 0 && report.agreementAtLeast < report.threshold) {
    out.push(
      `Of those it would have answered, ${percent(report.agreementWhenAnswered)} were what people chose, with 90 % certainty at least ${percent(report.agreementAtLeast)}; the threshold is ${percent(report.threshold)}.`,
    )
  }
  if (report.predicted > 0 && report.calibrationError > MOST_CALIBRATION_ERROR) {
    out.push(
      `Confidence is off by ${percent(report.calibrationError)} on average; at most ${percent(MOST_CALIBRATION_ERROR)} is allowed.`,
    )
  }
  return out
}
