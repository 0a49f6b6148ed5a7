import { z } from 'zod'

export const planEvents = {
  'plan.proposed': z.object({ revision: z.number(), tasks: z.number(), questions: z.number() }),
  'plan.accepted': z.object({ revision: z.number(), tasks: z.number() }),
  /** A person changed it while agents are at work; `number` counts the changes of the requirement. */
  'plan.revised': z.object({
    kind: z.string(),
    number: z.number(),
    revision: z.number().nullable(),
    summary: z.string(),
  }),
  /** What could be undone is final now. */
  'plan.settled': z.object({ kind: z.string(), number: z.number(), summary: z.string() }),
}
