import { z } from 'zod'

export const signalEvents = {
  'signal.raised': z.object({
    kind: z.enum(['requirement', 'decision_needed', 'innovation', 'quality_issue', 'integration']),
    title: z.string(),
    detail: z.string(),
    urgency: z.enum(['now', 'today', 'whenever']),
    impact: z.enum(['organization', 'project', 'requirement', 'task']),
  }),
}
