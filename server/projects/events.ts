import { z } from 'zod'
import { maxConcurrentRunsSchema, planApprovalSchema, projectModeSchema, riskyCallsSchema } from './model'

const settings = {
  name: z.string(),
  providerMode: projectModeSchema,
  planApproval: planApprovalSchema,
  riskyCalls: riskyCallsSchema.optional(),
  maxConcurrentRuns: maxConcurrentRunsSchema.optional(),
}

export const projectEvents = {
  'project.created': z.object({ ...settings, slug: z.string() }),
  'project-limit.changed': z.object({ name: z.string(), maxConcurrentRuns: maxConcurrentRunsSchema }),
  /** What the settings are afterwards, and what changed them from. */
  'project.changed': z.object({ ...settings, before: z.object(settings) }),
}
