import { z } from 'zod'

/** What a budget belongs to, from the narrowest to the widest: also the order in which they are locked. */
export const budgetLevels = ['task', 'requirement', 'project', 'organization'] as const
export const budgetLevelSchema = z.enum(budgetLevels)
export type BudgetLevel = z.infer<typeof budgetLevelSchema>

/** What a budget is counted in: millionths of a US dollar, tokens, milliseconds of model calls. */
export const dimensions = ['money', 'tokens', 'time'] as const
export const dimensionSchema = z.enum(dimensions)
export type Dimension = z.infer<typeof dimensionSchema>

/** Why a model call is not let through: a limit, or money is limited and the model has no price. */
export type WallReason = Dimension | 'unpriced'

/** The largest amount that JavaScript counts exactly, and more than anybody will spend. */
const tooMuch = 'This is more than can be counted. Leave it empty for no limit.'
const amount = z
  .number('Enter a number, or nothing for no limit.')
  .int({ error: ({ code }) => (code === 'too_big' ? tooMuch : 'Enter a whole number.') })
  .nonnegative('A limit is 0 or more.')
  .max(Number.MAX_SAFE_INTEGER, tooMuch)

/** Limits; null is no limit. Left out stays as it is. */
export const changeBudgetInput = z.object({
  level: budgetLevelSchema,
  /** the organization (also when left out), project, requirement or task */
  ownerId: z.uuid().optional(),
  /** millionths of a US dollar */
  microUsd: amount.nullable().optional(),
  tokens: amount.nullable().optional(),
  /** milliseconds of model calls */
  ms: amount.nullable().optional(),
})
export type ChangeBudget = z.infer<typeof changeBudgetInput>

export const budgetOwnerInput = z.object({
  level: budgetLevelSchema,
  /** left out: the organization itself */
  ownerId: z.uuid().optional(),
})

/** US dollars per million tokens. */
const HIGHEST_RATE = 100_000
const rate = z
  .number('Enter a price, in dollars per million tokens.')
  .nonnegative('A price is 0 or more.')
  .max(HIGHEST_RATE, `A price is at most ${HIGHEST_RATE} dollars per million tokens.`)
export const modelPriceInput = z.object({
  model: z.string().trim().min(1, 'Name the model, as its provider calls it.').max(120),
  input: rate,
  output: rate,
  /** left out: as plain input */
  cacheRead: rate.optional(),
  cacheWrite: rate.optional(),
})
export type ModelPriceDraft = z.infer<typeof modelPriceInput>

/** Options of the question that a used-up budget puts. */
const wallOptions = ['raise', 'cheaper', 'stop'] as const
export type WallOption = (typeof wallOptions)[number]

/** One amount of each kind. Money is null when there is no price: never 0. */
export interface Amounts {
  microUsd: number | null
  tokens: number
  ms: number
}
