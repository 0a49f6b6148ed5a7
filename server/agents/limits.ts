import { z } from 'zod'
import type { Scope } from '#server/auth/model'
import { limitSchema } from '#server/kernel/limit'
import { databaseNow } from '#server/platform/database/clock'
import { reader, type Transaction, transaction } from '#server/platform/database/transaction'
import { append } from '#server/platform/events/log'
import { maxConcurrentRunsSchema } from '#server/projects/model'
import { keyInUse } from '#server/secrets/commands'
import { gateKey, makeGate, SCRIPTED_KEY } from './gate'
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

/**
 * What is known of keys that are not used any more is forgotten: an old key's breaker holds up nobody who calls with the
 * new one. The key in use gets its row at once, so that a late report of a call with the old one changes nothing either.
 * @returns whether calls were held up by what is forgotten
 */
export async function forgetReplacedKeys(tx: Transaction, scope: Scope): Promise<boolean> {
  const { organizationId } = scope
  const gates = await tx.providerGate.findMany({ where: { organizationId, keyHash: { not: SCRIPTED_KEY } } })
  let held = false
  for (const provider of new Set(gates.map((gate) => gate.provider))) {
    // A key that can't be opened can't be told apart from others: whoever calls with it is told so.
    const key = await keyInUse(scope, providerSchema.parse(provider)).catch(() => undefined)
    if (key === undefined) continue
    const present = key && gateKey(organizationId, provider, key.apiKey)
    const old = gates.filter((gate) => gate.provider === provider && gate.keyHash !== present?.keyHash)
    if (old.length === 0) continue
    held ||= old.some((gate) => gate.state !== 'closed' || gate.openUntil !== null)
    const keyHash = { in: old.map((gate) => gate.keyHash) }
    await tx.providerGate.deleteMany({ where: { organizationId, provider, keyHash } })
    if (present) await makeGate(tx, present)
  }
  return held
}

/** Organizations with a key, present or replaced, that takes no calls for now. */
export async function organizationsHeldUp(tx: Transaction): Promise<string[]> {
  const gates = await tx.providerGate.findMany({
    where: { keyHash: { not: SCRIPTED_KEY }, OR: [{ state: { not: 'closed' } }, { openUntil: { not: null } }] },
    distinct: ['organizationId'],
    select: { organizationId: true },
  })
  return gates.map(({ organizationId }) => organizationId)
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
      .map(({ openUntil: until, reason, keyHash }) => ({ until, reason, scripted: keyHash === SCRIPTED_KEY }))
    return {
      provider,
      maxConcurrent: limit?.maxConcurrent ?? null,
      requestsPerMinute: limit?.requestsPerMinute ?? null,
      tokensPerMinute: limit?.tokensPerMinute ?? null,
      paused,
    }
  })
}
