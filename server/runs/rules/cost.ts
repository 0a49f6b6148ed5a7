import { dollars } from '#server/kernel/amounts'

/** Cost-bearing facts of one model call. */
export interface PricedTurn {
  /** Millionths of a US dollar; null when there is no price (unknown model, scripted provider). */
  costMicroUsd: number | null
  inputTokens: number
  cacheReadTokens: number
  cacheWriteTokens: number
  outputTokens: number
  scripted: boolean
}

/** What a set of model calls cost, without ever turning "unknown" into 0. */
export interface CostTotal {
  turns: number
  /** Sum of what has a price, in millionths of a US dollar. */
  microUsd: number
  /** Calls of real providers whose model has no price in our list: the sum is then a lower bound. */
  unpricedTurns: number
  scriptedTurns: number
  inputTokens: number
  cacheReadTokens: number
  cacheWriteTokens: number
  outputTokens: number
}

export function totalCost(turns: Iterable<PricedTurn>): CostTotal {
  const total: CostTotal = {
    turns: 0,
    microUsd: 0,
    unpricedTurns: 0,
    scriptedTurns: 0,
    inputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 0,
  }
  for (const turn of turns) {
    total.turns += 1
    total.inputTokens += turn.inputTokens
    total.cacheReadTokens += turn.cacheReadTokens
    total.cacheWriteTokens += turn.cacheWriteTokens
    total.outputTokens += turn.outputTokens
    if (turn.scripted) total.scriptedTurns += 1
    else if (turn.costMicroUsd === null) total.unpricedTurns += 1
    else total.microUsd += turn.costMicroUsd
  }
  return total
}

/** The total in words: "$0.0123", "at least $0.40 (2 calls unpriced)", "n/a (scripted)", "n/a (unpriced)", "nothing yet". */
export function costInWords(total: CostTotal): string {
  if (total.turns === 0) return 'nothing yet'
  if (total.scriptedTurns === total.turns) return 'n/a (scripted)'
  const priced = total.turns - total.scriptedTurns - total.unpricedTurns
  if (priced === 0) return 'n/a (unpriced)'
  if (total.unpricedTurns === 0) return dollars(total.microUsd)
  const calls = total.unpricedTurns === 1 ? '1 call' : `${total.unpricedTurns} calls`
  return `at least ${dollars(total.microUsd)} (${calls} unpriced)`
}
