import { cacheWriteRate, type Rates } from '#server/agents/rules/pricing'

/** What is known of a call before it is made. */
export interface CallFacts {
  /** bytes (UTF-8) of everything that is sent: system, tools, conversation, as JSON */
  promptBytes: number
  /** the last call of the same conversation and model, counted by the provider */
  previous: { promptBytes: number; inputTokens: number } | null
  maxOutputTokens: number
}

/** Tokens a provider may add around system, tools and messages that we do not send as text. */
const FRAME_TOKENS = 512

/**
 * The most input tokens a call can have. A byte-pair tokenizer makes at most one token of one byte, so bytes are a
 * bound that holds for every model. The part that the provider has already counted in the last call is taken as it
 * counted it, which makes the bound tight: only what was added since is counted in bytes.
 */
export function worstInputTokens({ promptBytes, previous }: CallFacts): number {
  const everything = promptBytes + FRAME_TOKENS
  if (previous === null || previous.promptBytes > promptBytes) return everything
  return Math.min(everything, previous.inputTokens + (promptBytes - previous.promptBytes) + FRAME_TOKENS)
}

/**
 * The most a call can cost, in millionths of a US dollar, rounded up: every input token at its dearest rate (plain,
 * read from or written to a cache), all of the output, and every condition that makes it dearer, whatever the hour.
 */
export function worstCost(rates: Rates, inputTokens: number, maxOutputTokens: number): number {
  let input = 1
  let output = 1
  for (const { promptTokensOver, multiply } of rates.conditions) {
    if (promptTokensOver !== undefined && inputTokens <= promptTokensOver) continue
    input *= Math.max(1, multiply.input)
    output *= Math.max(1, multiply.output)
  }
  const dearest = Math.max(rates.in, rates.cacheRead, cacheWriteRate(rates))
  return Math.ceil(inputTokens * dearest * input + maxOutputTokens * rates.out * output) + 1
}
