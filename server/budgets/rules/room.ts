import type { Dimension } from '../model'

/** One kind of a budget's numbers. */
export interface Count {
  limit: number
  spent: number
  reserved: number
}

type Row = Record<'limitMicroUsd' | 'limitTokens' | 'limitMs', bigint | null> &
  Record<'spentMicroUsd' | 'spentTokens' | 'spentMs' | 'reservedMicroUsd' | 'reservedTokens' | 'reservedMs', bigint>

const suffix = { money: 'MicroUsd', tokens: 'Tokens', time: 'Ms' } as const

/** The numbers of one kind; null when that kind is not limited. */
export function countOf(row: Row, dimension: Dimension): Count | null {
  const kind = suffix[dimension]
  const limit = row[`limit${kind}`]
  if (limit === null) return null
  return { limit: Number(limit), spent: Number(row[`spent${kind}`]), reserved: Number(row[`reserved${kind}`]) }
}

/** Milliseconds that a run waits for reservations to be given back before people are asked. */
export const LONGEST_HOLD_MS = 10 * 60_000

/**
 * Whether people have to be asked. Worst cases are reserved and mostly given back: as long as the budget would hold
 * the call without what others have reserved, waiting for them is enough, but not for ever.
 */
export function verdictAtWall(count: Count, needed: number, heldMs: number): 'wait' | 'ask' {
  const { limit, spent, reserved } = count
  if (spent + reserved + needed <= limit) return 'wait'
  return reserved > 0 && spent + needed <= limit && heldMs < LONGEST_HOLD_MS ? 'wait' : 'ask'
}

/** What is spent and reserved of one kind, limited or not. */
export function usedOf(row: Row, dimension: Dimension): { spent: number; reserved: number } {
  const kind = suffix[dimension]
  return { spent: Number(row[`spent${kind}`]), reserved: Number(row[`reserved${kind}`]) }
}
