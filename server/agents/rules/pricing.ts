import { z } from 'zod'
import { isScriptedModel } from '#server/agents/model'
import type { Usage } from '#server/agents/ports'
import rows from '../data/prices.json' with { type: 'json' }

const day = z.iso.date()
/** US dollars per million tokens, which is the same number as micro-dollars per token. */
const rate = z.number().nonnegative()
const ratesSchema = z.strictObject({
  in: rate,
  out: rate,
  cacheRead: rate,
  /** by lifetime of the cache entry; null where writing a cache costs what plain input costs */
  cacheWrite: z.partialRecord(z.enum(['5m', '30m', '1h', '12h']), rate).nullable(),
})

const conditionSchema = z.strictObject({
  /** Holds when the whole prompt, cache included, has more tokens than this. */
  promptTokensOver: z.number().int().positive().optional(),
  /** Holds on Monday to Friday (UTC) inside one of these half-open hour spans. */
  weekdayHoursUtc: z.array(z.tuple([z.number().int().min(0).max(23), z.number().int().min(1).max(24)])).optional(),
  multiply: z.strictObject({ input: z.number().positive(), output: z.number().positive() }),
})

const priceRowSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9.-]+$/),
    provider: z.enum(['anthropic', 'openai', 'deepseek']),
    /** exact model ids; a dated id of the same model (`name-20251001`, `name-2026-10-01`) is matched too */
    match: z.array(z.string()).min(1),
    currency: z.literal('USD'),
    unit: z.literal('1M'),
    /** first day on which the row holds; null when it held before this list was kept */
    effectiveFrom: day.nullable(),
    /** first day on which the row no longer holds; null while it does */
    effectiveTo: day.nullable(),
    source: z.string().min(1),
    checkedOn: day,
    confidence: z.enum(['measured', 'official', 'secondary']),
    note: z.string().optional(),
    ...ratesSchema.shape,
    conditions: z.array(conditionSchema),
  })
  .refine((row) => isBefore(row.effectiveFrom, row.effectiveTo), 'the row ends before it begins')
export type PriceRow = z.infer<typeof priceRowSchema>

/** What costing a call needs of a price, wherever it comes from. */
export type Rates = Pick<PriceRow, 'in' | 'out' | 'cacheRead' | 'cacheWrite' | 'conditions'>

/** Parses a price list and refuses one in which two rows claim the same model on the same day. */
export function parsePrices(value: unknown): PriceRow[] {
  const list = z.array(priceRowSchema).parse(value)
  const ids = new Set<string>()
  for (const [index, row] of list.entries()) {
    if (ids.has(row.id)) throw new Error(`two price rows are called ${row.id}`)
    ids.add(row.id)
    const rival = list.slice(0, index).find((other) => overlap(row, other))
    if (rival) throw new Error(`the price rows ${rival.id} and ${row.id} both hold on the same day`)
  }
  return list
}

function overlap(one: PriceRow, other: PriceRow): boolean {
  if (!one.match.some((model) => other.match.includes(model))) return false
  return isBefore(one.effectiveFrom, other.effectiveTo) && isBefore(other.effectiveFrom, one.effectiveTo)
}

/** True when a row that begins on `from` begins before `to`; null is no bound. */
function isBefore(from: string | null, to: string | null): boolean {
  return from === null || to === null || from < to
}

export const prices: readonly PriceRow[] = parsePrices(rows)

const datedSuffix = /-(?:\d{8}|\d{4}-\d{2}-\d{2})$/

/**
 * The price row of a model at a moment.
 * @returns null when nobody told us a price ("unpriced": never 0) and for scripted models ("n/a")
 */
export function priceOf(model: string, at: Date, list: readonly PriceRow[] = prices): PriceRow | null {
  if (isScriptedModel(model)) return null
  const names = [model, model.replace(datedSuffix, '')]
  const today = at.toISOString().slice(0, 10)
  const holds = (row: PriceRow) =>
    (row.effectiveFrom === null || row.effectiveFrom <= today) && isBefore(today, row.effectiveTo)
  return list.find((row) => holds(row) && row.match.some((name) => names.includes(name))) ?? null
}

/** Rates are kept to a millionth of a micro-dollar, so that 0.003 is exact and sums never drift. */
const SCALE = 1_000_000

/**
 * What a turn cost, in millionths of a US dollar, rounded up once per turn.
 * @param at when the request was sent: some providers price by the hour
 */
export function costMicroUsd(row: Rates, usage: Omit<Usage, 'estimated'>, at: Date): number {
  const promptTokens = usage.input + usage.cacheRead + usage.cacheWrite
  let input = 1
  let output = 1
  for (const condition of row.conditions) {
    if (!conditionHolds(condition, promptTokens, at)) continue
    input *= condition.multiply.input
    output *= condition.multiply.output
  }
  const parts: [tokens: number, rate: number][] = [
    [usage.input, row.in * input],
    [usage.cacheRead, row.cacheRead * input],
    [usage.cacheWrite, cacheWriteRate(row) * input],
    [usage.output, row.out * output],
  ]
  const scaled = parts.reduce((sum, [tokens, price]) => sum + BigInt(tokens) * BigInt(Math.round(price * SCALE)), 0n)
  return Number((scaled + BigInt(SCALE - 1)) / BigInt(SCALE))
}

/** Price row and cost of a turn in one step; null when the model is unpriced or scripted. */
export function costOf(
  model: string,
  usage: Omit<Usage, 'estimated'>,
  at: Date,
): { priceId: string; costMicroUsd: number } | null {
  const row = priceOf(model, at)
  return row === null ? null : { priceId: row.id, costMicroUsd: costMicroUsd(row, usage, at) }
}

/** Our connectors ask for the shortest lifetime a provider sells, so that is the one we pay. */
export function cacheWriteRate(row: Rates): number {
  return row.cacheWrite?.['5m'] ?? row.cacheWrite?.['30m'] ?? row.in
}

function conditionHolds(condition: PriceRow['conditions'][number], promptTokens: number, at: Date): boolean {
  if (condition.promptTokensOver !== undefined && promptTokens <= condition.promptTokensOver) return false
  if (condition.weekdayHoursUtc === undefined) return true
  const weekday = at.getUTCDay()
  const hour = at.getUTCHours()
  return weekday >= 1 && weekday <= 5 && condition.weekdayHoursUtc.some(([from, to]) => from <= hour && hour < to)
}
