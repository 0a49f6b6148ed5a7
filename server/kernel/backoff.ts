/**
 * Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"): a delay drawn evenly
 * from 0 to min(cap, base × 2^attempt).
 * @param attempt 0 for the first retry
 * @param random a number in [0, 1), injected so that the rule stays pure
 * @returns milliseconds
 */
export function backoff(attempt: number, baseMs: number, capMs: number, random: number): number {
  return Math.round(Math.min(capMs, baseMs * 2 ** attempt) * random)
}
