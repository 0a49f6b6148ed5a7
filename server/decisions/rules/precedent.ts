import type { Features, Prediction } from '../model'
import { calibrator, type Scored } from './calibration'
import { learntWeights, type Outcome, similarity } from './similarity'

/** An earlier decision that people took. */
export interface Case extends Outcome {
  decisionId: string
  question: string
  answeredBy: string
}

/** How alike an earlier case must be to have a vote, how many vote at most, and how few are too few. */
const LEAST_SIMILARITY = 0.6
const MOST_VOTERS = 15
const FEWEST_VOTERS = 4
/** Voters that are named on the card. */
const NAMED = 6

/**
 * What people would choose, judging by the earlier decisions most like this one; null when too few are alike. Each of
 * the nearest has a vote that grows with the square of its likeness above the threshold.
 * @param cases oldest first, none of them later than the question
 * @param scored earlier predictions and whether they came true: turns votes into frequencies
 */
export function predict(features: Features, cases: readonly Case[], scored: readonly Scored[]): Prediction | null {
  const alike = cases.filter((past) => past.features.kind === features.kind && features.options.includes(past.option))
  if (alike.length < FEWEST_VOTERS) return null
  const weights = learntWeights(alike)
  const nearest = alike
    .map((past, index) => ({ past, index, likeness: similarity(features, past.features, weights) }))
    .filter((entry) => entry.likeness >= LEAST_SIMILARITY)
    .sort((a, b) => b.likeness - a.likeness || b.index - a.index)
    .slice(0, MOST_VOTERS)
  if (nearest.length < FEWEST_VOTERS) return null
  const votes = new Map<string, number>()
  for (const { past, likeness } of nearest) votes.set(past.option, (votes.get(past.option) ?? 0) + vote(likeness))
  const total = [...votes.values()].reduce((sum, value) => sum + value, 0)
  const [option, most] = [...votes.entries()].reduce((best, entry) => (entry[1] > best[1] ? entry : best))
  // One pretended vote, split over all options: three of three is not certainty.
  const raw = (most + 1 / features.options.length) / (total + 1)
  return {
    option,
    raw,
    confidence: calibrator(scored)(raw),
    compared: alike.length,
    cases: nearest.slice(0, NAMED).map(({ past, likeness }) => ({
      decisionId: past.decisionId,
      question: past.question,
      option: past.option,
      answeredBy: past.answeredBy,
      similarity: Math.round(likeness * 1000) / 1000,
    })),
  }
}

function vote(likeness: number): number {
  return ((likeness - LEAST_SIMILARITY) / (1 - LEAST_SIMILARITY)) ** 2 + 0.05
}

/** When precedents may answer by themselves, whatever the mode says. */
export function mayAnswerItself(
  prediction: Prediction,
  policy: { mode: string; threshold: number },
  option: { reversible: boolean | null } | undefined,
): boolean {
  return policy.mode === 'auto' && option?.reversible === true && prediction.confidence >= policy.threshold
}

/** Answers by precedent that are looked at, and how many of them may be taken back before people decide again. */
export const DEMOTION_WINDOW = 20

/**
 * True when precedents must stop answering by themselves: two of the last twenty were taken back, or one of the first
 * five. An answer that was overruled is one that was taken back.
 */
export function mustDemote(recent: { answered: number; undone: number }): boolean {
  return recent.undone >= 2 || (recent.undone >= 1 && recent.answered <= 5)
}
