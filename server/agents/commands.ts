import { z } from 'zod'
import type { Scope } from '#server/auth/model'
import { AppError } from '#server/kernel/app-error'
import { cleanJson } from '#server/kernel/clean-text'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { checkedAddress } from '#server/secrets/address'
import { baseUrlSchema } from '#server/secrets/model'
import { AgentError } from './errors'
import {
  agentRoleSchema,
  type ConnectorName,
  capabilitySchema,
  connectorNameSchema,
  isScriptedModel,
  type Provider,
  providerSchema,
} from './model'
import { type AgentView, agentNotFound, viewOf } from './queries'
import { insertAgent, lockAgent, nameTaken, saveAgent } from './repository'

/** Which keys each wire can carry. */
const providersOf: Record<ConnectorName, readonly Provider[]> = {
  anthropic: ['anthropic'],
  openai: ['openai'],
  compatible: ['deepseek', 'compatible'],
}

const fields = z.object({
  name: z.string().trim().min(1, 'Give the agent a name.').max(60),
  role: agentRoleSchema,
  capabilities: z.array(capabilitySchema).min(1, 'Choose at least one thing the agent can do.'),
  connector: connectorNameSchema,
  provider: providerSchema,
  model: z
    .string()
    .trim()
    .min(1, 'Name the model, as its provider calls it.')
    .max(120)
    .refine((model) => !isScriptedModel(model), {
      error:
        'Models whose name begins with "scripted-" belong to the scripted provider; a project chooses it, not an agent.',
    }),
  baseUrl: baseUrlSchema.nullable(),
  instructions: z.string().max(20_000),
  maxConcurrent: z.number().int().min(1).max(64),
  maxTurns: z.number().int().min(1).max(500),
  /** of one run */
  maxToolCalls: z.number().int().min(1).max(5_000),
  /** minutes of work of one run */
  maxMinutes: z.number().int().min(1).max(1_440),
  /** tokens of one answer */
  maxOutputTokens: z.number().int().min(256).max(200_000),
})

export const createAgentInput = fields.extend({
  baseUrl: fields.shape.baseUrl.default(null),
  instructions: fields.shape.instructions.default(''),
  maxConcurrent: fields.shape.maxConcurrent.default(4),
  maxTurns: fields.shape.maxTurns.default(40),
  maxToolCalls: fields.shape.maxToolCalls.default(400),
  maxMinutes: fields.shape.maxMinutes.default(120),
  maxOutputTokens: fields.shape.maxOutputTokens.default(16_000),
})
export const changeAgentInput = fields.partial().extend({ agentId: z.uuid() })

/**
 * @throws AgentError name-taken; SecretError private-address; AppError connector-mismatch (a wire that cannot carry this
 * provider's keys)
 */
export async function createAgent(scope: Scope, given: z.input<typeof createAgentInput>): Promise<AgentView> {
  const draft = cleanJson(createAgentInput.parse(given))
  refuseMismatch(draft)
  if (draft.baseUrl) draft.baseUrl = await checkedAddress(scope, draft.baseUrl)
  return transaction(async (tx) => {
    await refuseTakenName(tx, scope, draft.name)
    const row = await insertAgent(tx, { ...draft, organizationId: scope.organizationId })
    const { name, role, capabilities, connector, provider, model } = draft
    const payload = { agentId: row.id, name, role, capabilities, connector, provider, model }
    await append(tx, scope, [{ type: 'agent.created', payload }])
    return viewOf(row)
  })
}

/**
 * Changes what was given. Runs that have begun keep the settings they began with.
 * @throws AgentError agent-not-found, name-taken; AppError connector-mismatch
 */
export async function changeAgent(scope: Scope, given: z.input<typeof changeAgentInput>): Promise<AgentView> {
  const { agentId, ...asked } = cleanJson(changeAgentInput.parse(given))
  if (asked.baseUrl) asked.baseUrl = await checkedAddress(scope, asked.baseUrl)
  return transaction(async (tx) => {
    const row = await lockAgent(tx, scope.organizationId, agentId)
    if (!row) throw agentNotFound()
    const before = viewOf(row)
    refuseMismatch({ connector: asked.connector ?? before.connector, provider: asked.provider ?? before.provider })
    if (asked.name !== undefined) await refuseTakenName(tx, scope, asked.name, agentId)
    const names = Object.keys(asked) as (keyof typeof asked)[]
    const changed = names.filter(
      (name) => asked[name] !== undefined && JSON.stringify(asked[name]) !== JSON.stringify(before[name]),
    )
    if (changed.length === 0) return before
    const saved = await saveAgent(tx, agentId, asked)
    await append(tx, scope, [{ type: 'agent.changed', payload: { agentId, name: saved.name, changed } }])
    return viewOf(saved)
  })
}

/** A disabled agent gets no new tasks; what it runs now it finishes. @throws AgentError agent-not-found */
export async function setAgentEnabled(scope: Scope, agentId: string, enabled: boolean): Promise<AgentView> {
  return transaction(async (tx) => {
    const row = await lockAgent(tx, scope.organizationId, agentId)
    if (!row) throw agentNotFound()
    if (row.enabled === enabled) return viewOf(row)
    const saved = await saveAgent(tx, agentId, { enabled })
    const payload = { agentId, name: saved.name }
    await append(tx, scope, [{ type: enabled ? 'agent.enabled' : 'agent.disabled', payload }])
    return viewOf(saved)
  })
}

function refuseMismatch({ connector, provider }: { connector: ConnectorName; provider: Provider }): void {
  const possible = providersOf[connector]
  if (possible.includes(provider)) return
  throw new AppError({
    code: 'connector-mismatch',
    kind: 'invalid',
    message: `The connector ${connector} works with keys of ${possible.join(' or ')}, not ${provider}. Nothing was changed.`,
  })
}

async function refuseTakenName(tx: Transaction, scope: Scope, name: string, exceptId?: string): Promise<void> {
  if (!(await nameTaken(tx, scope.organizationId, name, exceptId))) return
  throw new AgentError({
    code: 'name-taken',
    kind: 'conflict',
    message: `There is already an agent called ${name}. Please choose another name.`,
  })
}
