import { systemScope } from '#server/auth/gate'
import { database } from '#server/platform/database/client'
import { LARGE_BODY } from '../model'
import type { Candidate } from '../ports'
import { roomyBudgets, tightBudgets } from '../repository/budgets'
import { type BUDGET_ROOM, budgetOver, detectBudget, detectHealth } from '../rules/detect'
import { IS_OVER } from '../rules/recur'
import type { Noticed } from './noticed'
import { takeIn } from './take-in'

/** Minutes of runs that say how an agent is. */
const HEALTH_MINUTES = 15
const AT_ONCE = 50

/** Periodic: what no event tells. Agents whose provider fails, and budgets near their limit. */
export async function watchForSignals(): Promise<number> {
  return (await watchHealth()) + (await watchBudgets())
}

async function watchHealth(): Promise<number> {
  // Failures of the task itself say nothing of the provider: those are told by the checks.
  const rows = await database().$queryRaw<
    { organizationId: string; projectId: string; agentId: string; name: string; ended: number; failed: number }[]
  >`
    select run."organizationId", (array_agg(run."projectId" order by run."endedAt" desc))[1] as "projectId",
      run."agentId", agent.name,
      count(*)::int as ended,
      (count(*) filter (where run.status = 'failed' and run."errorCode" is not null))::int as failed
    from "Run" as run join "Agent" as agent on agent.id = run."agentId"
    where run.status in ('finished', 'failed') and run."endedAt" > now() - make_interval(mins => ${HEALTH_MINUTES}::int)
    group by run."organizationId", run."agentId", agent.name`
  let taken = 0
  for (const { organizationId, projectId, ...health } of rows) {
    const candidate = detectHealth(health)
    if (!candidate) continue
    const over = candidate.facts.state === 'passed'
    const known = await database().signal.count({
      where: {
        organizationId,
        fingerprint: { contains: `health:agent:${health.agentId}` },
        OR: over ? [{ status: 'open' }] : [{ status: { not: 'closed' } }, closedByHandSince(healthBegan())],
      },
    })
    // News only: an agent that is well was never a signal, and one that is still ill is told once.
    if (over !== known > 0) continue
    await takeIn(systemScope(organizationId), fromEngine(projectId, candidate))
    taken += 1
  }
  return taken
}

/** What somebody closed, knowing of it, is not told again because it still holds. */
const closedByHandSince = (since: Date) => ({
  status: 'closed',
  closedAt: { gt: since },
  NOT: { closedWhy: { startsWith: IS_OVER } },
})
const healthBegan = () => new Date(Date.now() - HEALTH_MINUTES * 60_000)

async function watchBudgets(): Promise<number> {
  const used = await tightBudgets(AT_ONCE)
  for (const { organizationId, projectId, requirementId, ...use } of used) {
    const candidate = detectBudget(use)
    if (!candidate) continue
    await takeIn(systemScope(organizationId), { ...fromEngine(projectId, candidate), requirementId })
  }
  return used.length + (await watchRoom('near')) + (await watchRoom('reached'))
}

/** Budgets of which people were told and that have room again. */
async function watchRoom(told: keyof typeof BUDGET_ROOM): Promise<number> {
  const roomy = await roomyBudgets(told, AT_ONCE)
  for (const { organizationId, projectId, requirementId, ...use } of roomy) {
    const candidate = budgetOver(use, told)
    await takeIn(systemScope(organizationId), { ...fromEngine(projectId, candidate), requirementId })
  }
  return roomy.length
}

function fromEngine(projectId: string, candidate: Candidate): Noticed {
  return { projectId, candidate, source: 'orchestrator', sourceLabel: 'Orchestrator', sourceId: null, external: false }
}

const DAY_MS = 24 * 3600_000
const daysAgo = (days: number) => ({ lt: new Date(Date.now() - days * DAY_MS) })

/**
 * Periodic: payloads are kept for 30 days, large ones for a day after they were read; what became of them stays. A body
 * that was put aside and not accepted within a day has a sender that was never told that we have it.
 */
export async function forgetPayloads(): Promise<number> {
  const { count } = await database().inboundDelivery.updateMany({
    where: {
      payload: { not: null },
      OR: [
        { status: { not: 'accepted' }, receivedAt: daysAgo(30) },
        { status: { in: ['processed', 'ignored'] }, bytes: { gt: LARGE_BODY }, receivedAt: daysAgo(1) },
      ],
    },
    data: { payload: null },
  })
  const aside = await database().inboundDelivery.deleteMany({ where: { status: 'arriving', receivedAt: daysAgo(1) } })
  return count + aside.count
}
