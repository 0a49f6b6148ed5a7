import { z } from 'zod'
import type { Scope } from '#server/auth/model'
import { limitSchema } from '#server/kernel/limit'
import { databaseNow } from '#server/platform/database/clock'
import { reader, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { maxConcurrentRunsSchema } from '#server/projects/model'
import { type Provider, providerSchema, providers } from './model'

const perMinute = limitSchema(1_000_000_000)
/** Null is no limit of ours. */
export const providerLimitInput = z.object({
  provider: providerSchema,
  maxConcurrent: maxConcurrentRunsSchema,
  requestsPerMinute: perMinute,
  tokensPerMinute: perMinute,
})

/** Limits what this organization asks of a provider, for all workers together. */
export async function setProviderLimit(scope: Scope, given: z.infer<typeof providerLimitInput>): Promise<void> {
  const { provider, ...limits } = providerLimitInput.parse(given)
  const { organizationId } = scope
  await transaction(async (tx) => {
    await tx.providerLimit.upsert({
      where: { organizationId_provider: { organizationId, provider } },
      create: { organizationId, provider, ...limits },
      update: limits,
    })
    await append(tx, scope, [{ type: 'provider-limit.changed', payload: { provider } }])
  })
}

export const organizationLimitInput = z.object({ maxConcurrentRuns: maxConcurrentRunsSchema })

/** Limits the runs of the whole organization at the same time. */
export async function setOrganizationLimit(scope: Scope, given: z.infer<typeof organizationLimitInput>): Promise<void> {
  const limit = organizationLimitInput.parse(given)
  await transaction(async (tx) => {
    await tx.organization.update({ where: { id: scope.organizationId }, data: limit })
    await append(tx, scope, [{ type: 'organization-limit.changed', payload: limit }])
  })
}

/** Runs at the same time; null is no limit. */
export async function organizationLimit(scope: Scope): Promise<number | null> {
  const where = { id: scope.organizationId }
  const row = await reader().organization.findUniqueOrThrow({ where, select: { maxConcurrentRuns: true } })
  return row.maxConcurrentRuns
}

export interface ProviderState {
  provider: Provider
  maxConcurrent: number | null
  requestsPerMinute: number | null
  tokensPerMinute: number | null
  /** keys of it that take no calls for now; for people */
  paused: { until: Date | null; reason: string; scripted: boolean }[]
}

/** Limits of each provider, and whether its keys take calls. */
export async function providerStates(scope: Scope): Promise<ProviderState[]> {
  const { organizationId } = scope
  const [limits, gates, now] = await Promise.all([
    reader().providerLimit.findMany({ where: { organizationId } }),
    reader().providerGate.findMany({ where: { organizationId } }),
    databaseNow(reader()),
  ])
  return providers.map((provider) => {
    const limit = limits.find((row) => row.provider === provider)
    const paused = gates
      .filter((row) => row.provider === provider)
      .filter((row) => row.state !== 'closed' || (row.openUntil !== null && row.openUntil > now))
      .map(({ openUntil: until, reason, keyHash }) => ({ until, reason, scripted: keyHash === 'scripted' }))
    return {
      provider,
      maxConcurrent: limit?.maxConcurrent ?? null,
      requestsPerMinute: limit?.requestsPerMinute ?? null,
      tokensPerMinute: limit?.tokensPerMinute ?? null,
      paused,
    }
  })
}
