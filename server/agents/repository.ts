import type { Transaction } from '#server/platform/database/transaction'

/** What an admin decides about an agent. */
export interface AgentDraft {
  name: string
  role: string
  capabilities: string[]
  connector: string
  provider: string
  model: string
  baseUrl: string | null
  instructions: string
  maxConcurrent: number
  maxTurns: number
  maxToolCalls: number
  maxMinutes: number
  maxOutputTokens: number
}

export function insertAgent(tx: Transaction, row: AgentDraft & { organizationId: string }) {
  return tx.agent.create({ data: row })
}

export async function lockAgent(tx: Transaction, organizationId: string, id: string) {
  await tx.$queryRaw`select id from "Agent" where id = ${id}::uuid and "organizationId" = ${organizationId}::uuid for update`
  return tx.agent.findFirst({ where: { id, organizationId } })
}

export function saveAgent(tx: Transaction, id: string, changes: Partial<AgentDraft> & { enabled?: boolean }) {
  return tx.agent.update({ where: { id }, data: changes })
}

/** True when another agent of the organization has this name, whatever the case of its letters. */
export async function nameTaken(tx: Transaction, organizationId: string, name: string, exceptId?: string) {
  await tx.$queryRaw`select id from "Organization" where id = ${organizationId}::uuid for update`
  const other = await tx.agent.findFirst({
    where: {
      organizationId,
      name: { equals: name, mode: 'insensitive' },
      ...(exceptId ? { id: { not: exceptId } } : {}),
    },
    select: { id: true },
  })
  return other !== null
}
