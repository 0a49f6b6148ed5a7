import { z } from 'zod'

export const mergeEvents = {
  'merge.queued': z.object({ ref: z.string() }),
  'merge.ended': z.object({
    ref: z.string(),
    status: z.enum(['merged', 'conflict', 'checks_failed']),
    detail: z.string(),
  }),
}
