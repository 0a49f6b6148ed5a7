import { z } from 'zod'

export const planEvents = {
  'plan.proposed': z.object({ revision: z.number(), tasks: z.number(), questions: z.number() }),
  'plan.accepted': z.object({ revision: z.number(), tasks: z.number() }),
}
