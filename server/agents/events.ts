import { z } from 'zod'
import { agentRoleSchema, capabilitySchema, connectorNameSchema, providerSchema } from './model'

const named = { agentId: z.string(), name: z.string() }
const settings = z.object({
  role: agentRoleSchema,
  capabilities: z.array(capabilitySchema),
  connector: connectorNameSchema,
  provider: providerSchema,
  model: z.string(),
})

export const agentEvents = {
  'agent.created': z.object({ ...named, ...settings.shape }),
  /** Names of the settings that changed; their values are on the agent's page. */
  'agent.changed': z.object({ ...named, changed: z.array(z.string()) }),
  'agent.enabled': z.object(named),
  'agent.disabled': z.object(named),
  'provider-limit.changed': z.object({ provider: providerSchema }),
  'organization-limit.changed': z.object({ maxConcurrentRuns: z.number().nullable() }),
}
