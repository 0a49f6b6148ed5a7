import { z } from 'zod'

/** What a task can ask of an agent, and an agent can offer. */
export const capabilities = ['analysis', 'code', 'validation', 'reasoning', 'integration'] as const
export const capabilitySchema = z.enum(capabilities)
export type Capability = z.infer<typeof capabilitySchema>

/** The wire a connector speaks. `compatible` serves DeepSeek, Ollama, LM Studio and vLLM alike. */
export const connectorNames = ['anthropic', 'openai', 'compatible'] as const
export const connectorNameSchema = z.enum(connectorNames)
export type ConnectorName = z.infer<typeof connectorNameSchema>

/** Whose key is used. Two agents may share a connector and not the key family. */
export const providers = ['anthropic', 'openai', 'deepseek', 'compatible'] as const
export const providerSchema = z.enum(providers)
export type Provider = z.infer<typeof providerSchema>

const agentRoles = ['analyst', 'implementer', 'validator', 'integrator', 'reasoner', 'custom'] as const
export const agentRoleSchema = z.enum(agentRoles)
export type AgentRole = z.infer<typeof agentRoleSchema>

/** Model ids of the scripted provider begin so; nothing else may. */
export const SCRIPTED_PREFIX = 'scripted-'

export function isScriptedModel(model: string): boolean {
  return model.startsWith(SCRIPTED_PREFIX)
}
