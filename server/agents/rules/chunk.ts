/** What is taken from a bucket at once. */
export interface Wish {
  requests: number
  tokens: number
}

/** A process takes a second's worth in advance, so that twenty callers with one key make one statement and not twenty. */
const CHUNKS_PER_MINUTE = 60

/** At least what is needed now; 0 of what is not needed or not limited. */
export function chunkOf(
  limit: { requestsPerMinute: number | null; tokensPerMinute: number | null },
  needed: Wish,
): Wish {
  const whole = (perMinute: number | null, need: number): number =>
    perMinute === null || need === 0 ? 0 : Math.max(need, Math.floor(perMinute / CHUNKS_PER_MINUTE))
  return {
    requests: whole(limit.requestsPerMinute, needed.requests),
    tokens: whole(limit.tokensPerMinute, needed.tokens),
  }
}
