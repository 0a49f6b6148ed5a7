import { z } from 'zod'
import { requirementStatusSchema, sources } from './model'

export const requirementEvents = {
  'requirement.submitted': z.object({
    number: z.number(),
    title: z.string(),
    statements: z.number(),
    source: z.enum(sources),
  }),
  'requirement.cancelled': z.object({ reason: z.string() }),
  /** How it ended: so many of the counted statements are proven. */
  'requirement.closed': z.object({
    status: requirementStatusSchema,
    proven: z.number(),
    total: z.number(),
    reason: z.string(),
  }),
}
