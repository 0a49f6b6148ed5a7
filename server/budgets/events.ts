import { z } from 'zod'
import { budgetLevelSchema } from './model'

const limits = z.object({
  microUsd: z.number().nullable(),
  tokens: z.number().nullable(),
  ms: z.number().nullable(),
})

export const budgetEvents = {
  /** `name`: what the budget belongs to, as people call it. Limits; null is none. */
  'budget.changed': z.object({ level: budgetLevelSchema, name: z.string(), from: limits, to: limits }),
  'price.changed': z.object({ model: z.string(), input: z.number(), output: z.number() }),
  'price.removed': z.object({ model: z.string() }),
}
