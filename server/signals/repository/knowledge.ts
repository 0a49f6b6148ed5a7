import type { Scope } from '#server/auth/model'
import type { Transaction } from '#server/platform/database/transaction'
import { defaultPolicy, policyLevelSchema, type SignalPolicyView, urgencySchema } from '../model'
import { BURST_MINUTES, type RecentSignal } from '../rules/gather'

/** One signal of a project at a time: what is counted, grouped and compared must not change meanwhile. */
export async function lockSignals(tx: Transaction, projectId: string): Promise<void> {
  await tx.$queryRaw`select pg_advisory_xact_lock(hashtextextended(${`signals:${projectId}`}, 0))::text`
}

export async function policyOf(tx: Transaction, projectId: string): Promise<SignalPolicyView> {
  const row = await tx.signalPolicy.findUnique({ where: { projectId } })
  if (!row) return defaultPolicy
  const level = policyLevelSchema.catch('ask')
  const { holdWork, agentCallsPerDay } = row
  return { external: level.parse(row.external), internal: level.parse(row.internal), holdWork, agentCallsPerDay }
}

export function activeMute(tx: Transaction, projectId: string, topic: string) {
  return tx.signalMute.findFirst({ where: { projectId, topic, endedAt: null } })
}

export function lessonOf(tx: Transaction, projectId: string, topic: string) {
  return tx.signalLesson.findUnique({ where: { projectId_topic: { projectId, topic } } })
}

export function ruleRecord(tx: Transaction, organizationId: string, ruleId: string) {
  return tx.signalRuleCount.findUnique({ where: { organizationId_ruleId: { organizationId, ruleId } } })
}

/** Counts one judgement, or takes one back. */
export async function countJudgement(
  tx: Transaction,
  scope: Scope,
  ruleId: string,
  verdict: 'right' | 'wrong',
  step: 1 | -1 = 1,
): Promise<void> {
  const key = { organizationId: scope.organizationId, ruleId }
  await tx.signalRuleCount.upsert({
    where: { organizationId_ruleId: key },
    create: { ...key, [verdict]: Math.max(0, step) },
    update: { [verdict]: { increment: step }, updatedAt: new Date() },
  })
}

/** Signals of the last minutes, oldest first. */
export async function recentSignals(tx: Transaction, projectId: string, now: Date): Promise<RecentSignal[]> {
  const rows = await tx.signal.findMany({
    where: { projectId, lastSeenAt: { gte: new Date(now.getTime() - BURST_MINUTES * 60_000) } },
    orderBy: [{ firstSeenAt: 'asc' }, { id: 'asc' }],
    select: {
      id: true,
      title: true,
      groupKey: true,
      sourceId: true,
      leaderId: true,
      lastSeenAt: true,
      urgency: true,
    },
    take: 1_000,
  })
  return rows.map(({ lastSeenAt, urgency, ...row }) => ({
    ...row,
    at: lastSeenAt.getTime(),
    urgency: urgencySchema.parse(urgency),
  }))
}

/**
 * Takes one of today's calls to an agent.
 * @returns false when the project's calls of today are used up
 */
export async function takeAgentCall(
  tx: Transaction,
  given: { organizationId: string; projectId: string; perDay: number },
): Promise<boolean> {
  if (given.perDay < 1) return false
  const taken = await tx.$executeRaw`
    insert into "SignalAgentCall" as used ("projectId", "day", "organizationId", "calls")
    values (${given.projectId}::uuid, current_date, ${given.organizationId}::uuid, 1)
    on conflict ("projectId", "day") do update set "calls" = used."calls" + 1
    where used."calls" < ${given.perDay}`
  return taken > 0
}
