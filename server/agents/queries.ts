import type { Scope } from '#server/auth/model'
import { reader } from '#server/platform/database/transaction'
import { AgentError } from './errors'
import {
  type AgentRole,
  agentRoleSchema,
  type Capability,
  type ConnectorName,
  capabilitySchema,
  connectorNameSchema,
  type Provider,
  providerSchema,
} from './model'

export interface AgentView {
  id: string
  name: string
  role: AgentRole
  capabilities: Capability[]
  connector: ConnectorName
  provider: Provider
  model: string
  baseUrl: string | null
  instructions: string
  enabled: boolean
  maxConcurrent: number
  maxTurns: number
  maxToolCalls: number
  maxMinutes: number
  /** tokens of one answer */
  maxOutputTokens: number
  createdAt: Date
}

interface AgentRow extends Omit<AgentView, 'role' | 'capabilities' | 'connector' | 'provider'> {
  organizationId: string
  role: string
  capabilities: string[]
  connector: string
  provider: string
}

export function viewOf({ organizationId: _, ...row }: AgentRow): AgentView {
  return {
    ...row,
    role: agentRoleSchema.parse(row.role),
    capabilities: row.capabilities.map((name) => capabilitySchema.parse(name)),
    connector: connectorNameSchema.parse(row.connector),
    provider: providerSchema.parse(row.provider),
  }
}

export function agentNotFound(): AgentError {
  return new AgentError({
    code: 'agent-not-found',
    kind: 'not-found',
    message: 'There is no such agent here. It may have been removed, or the address is incomplete.',
  })
}

/** Every agent of the organization in the order they were made; the five that come with it are first. */
export async function listAgents(scope: Scope): Promise<AgentView[]> {
  const rows = await reader().agent.findMany({
    where: { organizationId: scope.organizationId },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  })
  return rows.map(viewOf)
}

/** @throws AgentError agent-not-found */
export async function findAgent(scope: Scope, agentId: string): Promise<AgentView> {
  const row = await reader().agent.findFirst({ where: { id: agentId, organizationId: scope.organizationId } })
  if (!row) throw agentNotFound()
  return viewOf(row)
}
