import type { Capability, ConnectorName, Provider } from '#server/agents/model'
import { priceOf } from '#server/agents/rules/pricing'
import type { Scope } from '#server/auth/model'
import { direct } from '#server/platform/database/direct'
import type { Transaction } from '#server/platform/database/transaction'
import { providersWith } from '#server/secrets/queries'
import type { AgentFact, LimitFacts, Rival } from '../rules/facts'

/** Runs of an agent that its health is judged by. */
const RECENT_RUNS = 20
/** Other requirements that are looked at when slots are scarce. */
const MOST_RIVALS = 50

interface AgentRow {
  id: string
  name: string
  role: string
  capabilities: string[]
  connector: string
  provider: string
  model: string
  enabled: boolean
  maxConcurrent: number
  recent: number
  failed: number
  /** the organization's own output price of its model */
  ownPrice: number | null
}

/** The agents and what bounds how many of them work at once. */
export interface SlotFacts {
  agents: AgentFact[]
  limits: LimitFacts
}

interface SlotRow {
  projectId: string
  servedAt: Date | null
  live: boolean
  now: Date
  /** providers for which the organization has a key of its own */
  keys: string[] | null
  agents: AgentRow[] | null
  active: { agentId: string; projectId: string; requirementId: string; runs: number }[] | null
  rivals:
    | (Pick<Rival, 'requirementId' | 'number' | 'projectId' | 'wants'> & {
        servedAt: string | null
        most: number | null
      })[]
    | null
  providers: { provider: string; maxConcurrent: number | null; closedUntil: string | null }[] | null
  organizationMost: number | null
  projectMost: number | null
}

/**
 * Agents, their load and every limit as they are for a requirement, in one statement whose cost follows the runs that are
 * active now. Null when there is no such requirement.
 */
export async function loadSlots(
  tx: Transaction,
  { organizationId }: Scope,
  requirementId: string,
): Promise<SlotFacts | null> {
  const rows = await direct(tx).rows<SlotRow>`
    select own."projectId", own."servedAt", now() as now, project."providerMode" = 'live' as live,
      (select array_agg(distinct provider) from "Credential"
        where "organizationId" = own."organizationId" and "revokedAt" is null and project."providerMode" = 'live') as keys,
      (select jsonb_agg(to_jsonb(a) - 'instructions' || jsonb_build_object('recent', h.recent, 'failed', h.failed,
          'ownPrice', (select p.output from "ModelPrice" p where p."organizationId" = a."organizationId" and p.model = a.model)))
        from "Agent" a
        cross join lateral (
          select count(*) filter (where status in ('finished', 'failed')) as recent,
            count(*) filter (where status = 'failed') as failed
          from (select status from "Run" where "agentId" = a.id order by "createdAt" desc limit ${RECENT_RUNS}) as latest
        ) h
        where a."organizationId" = ${organizationId}::uuid) as agents,
      (select jsonb_agg(g) from (
        select "agentId", "projectId", "requirementId", count(*) as runs from "Run"
        where "organizationId" = ${organizationId}::uuid and status in ('queued', 'running') group by 1, 2, 3) g) as active,
      (select jsonb_agg(w) from (
        select q.id as "requirementId", q.number, q."projectId", q."servedAt", q.wants, p."maxConcurrentRuns" as most
        from "Requirement" q join "Project" p on p.id = q."projectId"
        where q."organizationId" = ${organizationId}::uuid and q.wants <> '{}' and q."pausedAt" is null
          and q.status not in ('done', 'partly_done', 'failed', 'cancelled') and q.id <> own.id
        order by q."servedAt" nulls first limit ${MOST_RIVALS}) w) as rivals,
      (select jsonb_agg(l) from (
        select provider, max("maxConcurrent") as "maxConcurrent", max("closedUntil") as "closedUntil" from (
          select provider, "maxConcurrent", null::timestamptz as "closedUntil" from "ProviderLimit"
          where "organizationId" = ${organizationId}::uuid
          union all
          select provider, null, min("openUntil") from "ProviderGate"
          where "organizationId" = ${organizationId}::uuid and project."providerMode" = 'live'
          group by provider having bool_and(state = 'open' and "openUntil" > now())
        ) known group by provider) l) as providers,
      (select "maxConcurrentRuns" from "Organization" where id = ${organizationId}::uuid) as "organizationMost",
      project."maxConcurrentRuns" as "projectMost"
    from "Requirement" own join "Project" project on project.id = own."projectId"
    where own.id = ${requirementId}::uuid and own."organizationId" = ${organizationId}::uuid`
  const [row] = rows
  if (!row) return null
  const { projectId, live, now } = row
  const withKey = live ? providersWith(row.keys ?? []) : []
  const active = row.active ?? []
  const count = (key: 'agentId' | 'projectId' | 'requirementId', id: string): number =>
    active.reduce((sum, item) => (item[key] === id ? sum + item.runs : sum), 0)
  const agents = (row.agents ?? []).map((agent) => ({
    id: agent.id,
    name: agent.name,
    role: agent.role,
    capabilities: (agent.capabilities ?? []) as Capability[],
    connector: agent.connector as ConnectorName,
    provider: agent.provider as Provider,
    model: agent.model,
    enabled: agent.enabled,
    hasCredential: withKey.includes(agent.provider as Provider),
    running: count('agentId', agent.id),
    maxConcurrent: agent.maxConcurrent,
    recentRuns: agent.recent,
    recentFailures: agent.failed,
    // What an admin set goes before the list, as it does for the budget's reservation.
    outputPrice: live ? (agent.ownPrice ?? priceOf(agent.model, now)?.out ?? null) : null,
  }))
  const providerOf = new Map(agents.map((agent) => [agent.id, agent.provider]))
  const limits: LimitFacts = {
    organization: { used: active.reduce((sum, item) => sum + item.runs, 0), most: row.organizationMost },
    project: { used: count('projectId', projectId), most: row.projectMost },
    providers: (row.providers ?? []).map((limit) => ({
      provider: limit.provider,
      used: active.reduce((sum, item) => (providerOf.get(item.agentId) === limit.provider ? sum + item.runs : sum), 0),
      most: limit.maxConcurrent,
      closedUntil: limit.closedUntil ? new Date(limit.closedUntil) : null,
    })),
    own: { running: count('requirementId', requirementId), servedAt: row.servedAt },
    rivals: (row.rivals ?? [])
      .map(({ most, servedAt, ...rival }) => ({
        ...rival,
        servedAt: servedAt ? new Date(servedAt) : null,
        running: count('requirementId', rival.requirementId),
        projectRunning: count('projectId', rival.projectId),
        most,
      }))
      // A project at its own limit can't use a slot, so nobody stands back for it.
      .filter((rival) => rival.most === null || rival.projectRunning < rival.most),
  }
  return { agents, limits }
}
