import type { Features } from '../model'

/** Parts of a situation that are compared, each with how two values of it are alike: 1 the same, 0 nothing in common. */
type Part = Exclude<keyof Features, 'kind'>
type Weights = Record<Part, number>

/** How much each part counts before anything was learnt: what a question is about more than where it came up. */
const base: Weights = {
  options: 3,
  mark: 2.5,
  errorClass: 2,
  words: 2,
  capability: 1.5,
  attempt: 1.5,
  recommended: 1,
  projectId: 1,
  risk: 1,
  agentRole: 1,
  costMicroUsd: 1,
  blockedTasks: 1,
}
const parts = Object.keys(base) as Part[]

/** An earlier decision and what people chose. */
export interface Outcome {
  features: Features
  option: string
}

/**
 * How alike two situations are, 0 to 1: the weighted mean over the parts that at least one of them has. A part only
 * one of them has counts as different. Other kinds of question are never alike.
 */
export function similarity(a: Features, b: Features, weights: Weights = base): number {
  if (a.kind !== b.kind) return 0
  let sum = 0
  let total = 0
  for (const part of parts) {
    const alike = partSimilarity(part, a, b)
    if (alike === null) continue
    sum += weights[part] * alike
    total += weights[part]
  }
  return total === 0 ? 0 : sum / total
}

/** Null when neither has the part. */
function partSimilarity(part: Part, a: Features, b: Features): number | null {
  const [left, right] = [a[part], b[part]]
  if (Array.isArray(left) && Array.isArray(right)) return jaccard(left, right)
  if (left === null && right === null) return null
  if (left === null || right === null) return 0
  if (typeof left === 'number' && typeof right === 'number') return near(part, left, right)
  return left === right ? 1 : 0
}

function jaccard(a: readonly string[], b: readonly string[]): number | null {
  const [left, right] = [new Set(a), new Set(b)]
  if (left.size === 0 && right.size === 0) return null
  const both = [...left].filter((word) => right.has(word)).length
  return both / (left.size + right.size - both)
}

/** Attempts differ in steps; money and numbers of tasks in orders of magnitude. */
function near(part: Part, a: number, b: number): number {
  if (part === 'attempt') return Math.max(0, 1 - Math.abs(a - b) / 3)
  const apart = Math.abs(Math.log2(1 + Math.max(0, a)) - Math.log2(1 + Math.max(0, b)))
  return Math.max(0, 1 - apart / 4)
}

/**
 * Weights that follow what earlier answers really depended on: each part's share of the uncertainty about the answer
 * that knowing it takes away (information gain, corrected for the number of its values), on top of a fifth of its base
 * weight. Few cases teach little: the base weights count until then.
 */
export function learntWeights(outcomes: readonly Outcome[]): Weights {
  const spread = entropy(tally(outcomes.map((outcome) => outcome.option)))
  if (outcomes.length < 20 || spread === 0) return base
  const trust = outcomes.length / (outcomes.length + 40)
  const gains = parts.map((part) => Math.min(1, gain(part, outcomes) / spread))
  const highest = Math.max(0.05, ...gains)
  const learnt = parts.map((part, index) => {
    const told = ((gains[index] ?? 0) / highest) ** 2 * 3
    return [part, (1 - trust) * base[part] + trust * (0.1 * base[part] + told)] as const
  })
  return Object.fromEntries(learnt) as Weights
}

/** Bits that knowing the part says about the answer; never negative. */
function gain(part: Part, outcomes: readonly Outcome[]): number {
  const groups = new Map<string, string[]>()
  for (const { features, option } of outcomes) {
    const bin = binOf(part, features)
    groups.set(bin, [...(groups.get(bin) ?? []), option])
  }
  const options = tally(outcomes.map((outcome) => outcome.option))
  const rest = [...groups.values()].reduce(
    (sum, group) => sum + (group.length / outcomes.length) * entropy(tally(group)),
    0,
  )
  // Many values split any history finely and seem to tell something: that much is expected by chance.
  const chance = ((groups.size - 1) * (options.length - 1)) / (2 * outcomes.length * Math.LN2)
  return Math.max(0, entropy(options) - rest - chance)
}

function binOf(part: Part, features: Features): string {
  const value = features[part]
  if (Array.isArray(value)) return [...value].sort().join(' ')
  if (typeof value !== 'number') return value ?? '–'
  return part === 'attempt' ? String(Math.round(value)) : String(Math.round(Math.log2(1 + Math.max(0, value))))
}

function tally(values: readonly string[]): number[] {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts.values()]
}

function entropy(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0)
}
