/** What an organization has learned about one capability. */
export interface Learned {
  /** tasks that have finished so far */
  finished: number
  /** milliseconds from a task's start to done */
  meanMs: number
}

/** Milliseconds a task is taken to need while nothing is known. Only the proportions matter: they order the work. */
const priorMs: Readonly<Record<string, number>> = {
  analysis: 120_000,
  code: 300_000,
  validation: 90_000,
  reasoning: 300_000,
  integration: 180_000,
}
const UNKNOWN_MS = 240_000

/** How many finished tasks the prior weighs as much as. */
const PRIOR_WEIGHT = 3
/** Tasks that the mean remembers: what is older fades, so that a faster model shows within days. */
const MEMORY = 50

/** Expected milliseconds of a task: the prior, pulled towards what was measured as tasks finish. Knows no price. */
export function expectedMs(capability: string, learned: Learned | null | undefined): number {
  const prior = priorMs[capability] ?? UNKNOWN_MS
  if (!learned || learned.finished <= 0) return prior
  const weight = Math.min(learned.finished, MEMORY)
  return Math.round((prior * PRIOR_WEIGHT + learned.meanMs * weight) / (PRIOR_WEIGHT + weight))
}

/**
 * A task that took more than so many times what was expected waited for people, a budget or a provider, most likely; it
 * counts as that many. What has really become slower still shows, a few tasks later.
 */
const MOST_TIMES = 4

/** The mean after one more task: each of the first fifty counts alike, later ones a fiftieth each. */
export function learn(capability: string, before: Learned | null, tookMs: number): Learned {
  const finished = (before?.finished ?? 0) + 1
  const took = Math.min(Math.max(0, tookMs), MOST_TIMES * expectedMs(capability, before))
  const mean = before?.meanMs ?? 0
  return { finished, meanMs: mean + (took - mean) / Math.min(finished, MEMORY) }
}
