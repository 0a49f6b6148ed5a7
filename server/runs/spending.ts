import type { FinishedTry } from '#server/agents/bridge'
import { ProviderError } from '#server/agents/errors'
import { type Entered, enterGate, type GateKey } from '#server/agents/gate'
import type { TurnContext, Usage } from '#server/agents/ports'
import { costMicroUsd } from '#server/agents/rules/pricing'
import type { WallReason } from '#server/budgets/model'
import { currentPrice, type Price } from '#server/budgets/price'
import { reserve, settle, type TryKey, timeLeft } from '#server/budgets/reservations'
import { worstCost } from '#server/budgets/rules/worst-case'
import type { Run } from '#server/platform/database/generated/client'
import { type Lease, lostLease } from './lease'

/** A budget refused the worst case of a call, so it was not made. */
export class BudgetReached extends Error {
  readonly budgetId: string
  readonly reason: WallReason
  readonly needed: { microUsd: number | null; tokens: number; ms: number; inputTokens: number; outputTokens: number }

  constructor(budgetId: string, reason: WallReason, needed: BudgetReached['needed']) {
    super('a budget refused the call')
    this.name = 'BudgetReached'
    this.budgetId = budgetId
    this.reason = reason
    this.needed = needed
  }
}

/** Milliseconds that a call has at least, or it is not worth beginning. */
const LEAST_CALL_MS = 30_000

export interface Call {
  run: Run
  lease: Lease
  turn: number
  gate: GateKey
  /** `totalTimeoutMs` is lowered to what the budgets leave */
  context: TurnContext
  /** the most tokens that can go in */
  inputTokens: number
  /** the longest that the call may take */
  mostMs: number
  signal: AbortSignal
}

export interface Spending {
  price: Price | null
  beforeTry(tryNumber: number): Promise<void>
  /** the provider has begun to answer */
  answered(): void
  afterTry(tried: FinishedTry): Promise<void>
}

/** What stands around every try of a model call: the provider's gate, and the budget's reservation. */
export async function spendingOf(call: Call, startedAt: Date): Promise<Spending> {
  const { run, lease, context, gate } = call
  const scripted = run.providerMode === 'scripted'
  const price = scripted ? null : await currentPrice(run.organizationId, context.model, startedAt)
  let entered: Entered | undefined
  const worstTokens = call.inputTokens + context.maxOutputTokens
  let began = performance.now()
  const keyOf = (tryNumber: number): TryKey => ({ runId: run.id, lease: lease.number, turn: call.turn, tryNumber })
  return {
    price,
    async beforeTry(tryNumber) {
      entered = await enterGate(gate, worstTokens, call.signal)
      try {
        context.totalTimeoutMs = await reserveCall(call, keyOf(tryNumber), price, scripted)
      } catch (error) {
        await entered.leave(new ProviderError('aborted', 'not made'), worstTokens)
        throw error
      }
      began = performance.now()
    },
    answered() {
      // What can't be told now is told with the end of the call.
      entered?.answered().catch(() => {})
    },
    async afterTry({ tryNumber, failure, usage }) {
      const ms = Math.round(performance.now() - began)
      const used = {
        microUsd: usage && price ? costMicroUsd(price.rates, usage, startedAt) : null,
        tokens: usage ? tokensOf(usage) : 0,
        ms,
        estimated: usage?.estimated ?? false,
      }
      await settle(keyOf(tryNumber), used)
      await entered?.leave(failure, worstTokens - used.tokens)
    },
  }
}

function tokensOf({ input, cacheRead, cacheWrite, output }: Usage): number {
  return input + cacheRead + cacheWrite + output
}

/** @returns how long the call may take */
async function reserveCall(call: Call, key: TryKey, price: Price | null, scripted: boolean): Promise<number> {
  const { inputTokens, context } = call
  const worst = {
    microUsd: price ? worstCost(price.rates, inputTokens, context.maxOutputTokens) : null,
    tokens: inputTokens + context.maxOutputTokens,
    ms: call.mostMs,
    priceId: price?.id ?? null,
  }
  let outcome = await reserve(key, worst, scripted)
  if (outcome.kind === 'wall' && outcome.reason === 'time') {
    // Less time than a call may take is left: it gets what there is, if it is worth beginning.
    const left = await timeLeft(call.run)
    if (left >= LEAST_CALL_MS && left < worst.ms) {
      worst.ms = left
      outcome = await reserve(key, worst, scripted)
    } else worst.ms = LEAST_CALL_MS
  }
  if (outcome.kind === 'fenced') throw lostLease(undefined)
  if (outcome.kind === 'wall') {
    throw new BudgetReached(outcome.budgetId, outcome.reason, {
      ...worst,
      inputTokens,
      outputTokens: context.maxOutputTokens,
    })
  }
  return worst.ms
}
