import type { ProviderFailure } from '#server/agents/errors'
import { backoff } from '#server/kernel/backoff'

/** Longest wait a provider may impose on a running turn; a longer one ends the turn, and the run waits instead. */
export const LONGEST_WAIT_MS = 10_000

/** How many tries each failure gets in all. 1 means: no retry mends this. */
const triesPerFailure: Record<ProviderFailure, number> = {
  authentication: 1,
  permission: 1,
  payment: 1,
  'rate-limited': 5,
  overloaded: 5,
  server: 4,
  'invalid-request': 1,
  'context-too-long': 1,
  'model-not-found': 1,
  connection: 4,
  'stream-cut': 3,
  idle: 3,
  deadline: 2,
  'malformed-response': 3,
  aborted: 1,
}

/** Where the backoff starts; providers that are short of capacity are given more air than a lost connection. */
const baseDelayMs = { crowded: 2_000, other: 500 } as const
const CAP_MS = 30_000

export interface RetryFacts {
  failure: ProviderFailure
  /** The try that just failed; the first is 1. */
  tryNumber: number
  /** in [0, 1), injected so that the rule stays pure */
  random: number
  /** What the provider asked us to wait; null when it asked nothing. */
  retryAfterMs: number | null
}

export type RetryVerdict =
  | { retry: true; delayMs: number }
  /** permanent: no retry mends it. exhausted: tried often enough. wait-too-long: the caller should try after `retryAfterMs`. */
  | { retry: false; reason: 'permanent' | 'exhausted' | 'wait-too-long' }

/**
 * Whether a failed model call is tried again, and after how long. A wait the provider asks for is obeyed up to
 * LONGEST_WAIT_MS and jittered upwards, so that agents told the same second do not come back in the same second.
 */
export function decideRetry(facts: RetryFacts): RetryVerdict {
  const allowed = triesPerFailure[facts.failure]
  if (allowed === 1) return { retry: false, reason: 'permanent' }
  if (facts.tryNumber >= allowed) return { retry: false, reason: 'exhausted' }
  const asked = Math.max(0, facts.retryAfterMs ?? 0)
  if (asked > LONGEST_WAIT_MS) return { retry: false, reason: 'wait-too-long' }
  const crowded = facts.failure === 'rate-limited' || facts.failure === 'overloaded'
  const base = crowded ? baseDelayMs.crowded : baseDelayMs.other
  const delay = asked > 0 ? asked + backoff(0, base, CAP_MS, facts.random) : 0
  return { retry: true, delayMs: delay > 0 ? delay : backoff(facts.tryNumber - 1, base, CAP_MS, facts.random) }
}
