import { z } from 'zod'
import { planApprovalSchema, projectModeSchema } from './model'

const settings = { name: z.string(), providerMode: projectModeSchema, planApproval: planApprovalSchema }

export const projectEvents = {
  'project.created': z.object({ ...settings, slug: z.string() }),
  /** What the settings are afterwards, and what changed them from. */
  'project.changed': z.object({ ...settings, before: z.object(settings) }),
}
