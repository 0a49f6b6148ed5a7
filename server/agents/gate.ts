import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { database } from '#server/platform/database/client'
import { databaseNow } from '#server/platform/database/clock'
import type { ProviderGate as GateRow, ProviderLimit } from '#server/platform/database/generated/client'
import { type Transaction, transaction } from '#server/platform/database/transaction'
import { ProviderError } from './errors'
import { afterCall, closedGate, type GateState, PROBE_MS, passage } from './rules/breaker'
import { chunkOf, type Wish } from './rules/chunk'

/** One key of one provider. The key itself is not kept: its hash tells keys apart. */
export interface GateKey {
  organizationId: string
  provider: string
  keyHash: string
}

/** Scripted calls have this instead of a key. */
export const SCRIPTED_KEY = 'scripted'

export function gateKey(organizationId: string, provider: string, apiKey: string): GateKey {
  const keyHash = apiKey === SCRIPTED_KEY ? apiKey : createHash('sha256').update(apiKey).digest('hex').slice(0, 16)
  return { organizationId, provider, keyHash }
}

/** The call is not made now. The run is laid aside until then and goes on by itself; no worker is held. */
export class ProviderHeld extends Error {
  readonly until: Date
  readonly reason: string

  constructor(provider: string, until: Date, reason: string) {
    super(`${provider}: ${reason}`)
    this.name = 'ProviderHeld'
    this.until = until
    this.reason = reason
  }
}

/** A wait up to this is waited out where it arises; a longer one lays the run aside. Milliseconds. */
const SHORT_WAIT_MS = 5_000
/** Milliseconds for which requests taken from the bucket in advance are kept by a process. */
const CHUNK_KEPT_MS = 5_000

interface Local {
  /** taken from the bucket and not used yet */
  requests: number
  tokens: number
  takenAt: number
  taking: Promise<unknown>
  /** successes that the row does not know yet */
  successes: number
}

const locals = new Map<string, Local>()

function localOf({ organizationId, provider, keyHash }: GateKey): Local {
  const name = `${organizationId} ${provider} ${keyHash}`
  const present = locals.get(name)
  if (present) return present
  const made: Local = { requests: 0, tokens: 0, takenAt: 0, taking: Promise.resolve(), successes: 0 }
  locals.set(name, made)
  return made
}

/** A call that may be made. `leave` has to be called once, however it ends. */
export interface Entered {
  /** The provider has begun to answer: if this call is the one that tries, nobody has to wait for its end. */
  answered(): Promise<void>
  /** @param unused tokens that it was given beforehand and did not use: they go back into the bucket */
  leave(failure: ProviderError | null, unused?: number): Promise<void>
}

/**
 * Waits for the right to make one call: the breaker is closed (or this call is the one that tries), and the bucket has
 * a request and the tokens.
 * @throws ProviderHeld when the wait would be long
 */
export async function enterGate(key: GateKey, tokens: number, signal: AbortSignal): Promise<Entered> {
  for (;;) {
    const { gate, limit, now } = await look(key)
    const state = gate ?? closedGate(now)
    const next = passage(state, now)
    if (next.kind === 'wait') {
      await shortWait(key, next.until, now, next.reason, signal)
      continue
    }
    const probe = next.kind === 'probe'
    if (probe && !(await becomeProbe(key))) continue
    try {
      await take(key, limit, tokens, signal)
    } catch (error) {
      if (probe) await report(key, { failure: new ProviderError('aborted', ''), probe })
      throw error
    }
    return enteredBy(key, limit, { probe, watched: probe || state.failures > 0 || state.windowFailures > 0 })
  }
}

function enteredBy(
  key: GateKey,
  limit: ProviderLimit | null,
  { probe: isProbe, watched }: { probe: boolean; watched: boolean },
): Entered {
  let probe = isProbe
  let told: Promise<void> = Promise.resolve()
  return {
    answered() {
      if (probe) told = report(key, { failure: null, probe, answered: true })
      probe = false
      return told
    },
    async leave(failure, unused = 0) {
      await giveBack(key, limit, unused)
      await told.catch(() => {
        probe = isProbe
      })
      await left(key, { failure, probe }, watched)
    },
  }
}

/** The row, the limits and the database's time in one statement: what each call costs while all is well. */
async function look(key: GateKey): Promise<{ gate: GateState | null; limit: ProviderLimit | null; now: Date }> {
  const rows = await database().$queryRaw<{ now: Date; gate: unknown; limits: ProviderLimit | null }[]>`
    select clock_timestamp() as now, to_jsonb(gate) as gate, to_jsonb(limits) as limits from (select 1) as one
    left join "ProviderGate" gate on gate."organizationId" = ${key.organizationId}::uuid
      and gate.provider = ${key.provider} and gate."keyHash" = ${key.keyHash}
    left join "ProviderLimit" limits on limits."organizationId" = ${key.organizationId}::uuid
      and limits.provider = ${key.provider}`
  const row = rows[0]
  if (!row) throw new Error('the provider gate gave no row')
  return { gate: row.gate === null ? null : gateSchema.parse(row.gate), limit: row.limits, now: row.now }
}

const at = z.coerce.date()
const gateSchema = z.object({
  state: z.enum(['closed', 'open', 'half_open']),
  failures: z.number(),
  openings: z.number(),
  windowStart: at,
  windowCalls: z.number(),
  windowFailures: z.number(),
  openUntil: at.nullable(),
  probeUntil: at.nullable(),
  reason: z.string(),
})

function toState(row: GateRow): GateState {
  return { ...row, state: row.state as GateState['state'] }
}

async function shortWait(key: GateKey, until: Date, now: Date, reason: string, signal: AbortSignal): Promise<void> {
  const ms = until.getTime() - now.getTime()
  if (ms > SHORT_WAIT_MS) throw new ProviderHeld(key.provider, until, reason)
  await wait(Math.max(10, ms), undefined, { signal }).catch(() => {
    throw new ProviderError('aborted', 'The call was stopped while it waited for the provider.')
  })
}

/** Of all callers that find the time come, one. */
async function becomeProbe(key: GateKey): Promise<boolean> {
  const changed = await database().$executeRaw`
    update "ProviderGate" set state = 'half_open', "openUntil" = null,
      "probeUntil" = now() + make_interval(secs => ${PROBE_MS / 1000}::double precision)
    where "organizationId" = ${key.organizationId}::uuid and provider = ${key.provider} and "keyHash" = ${key.keyHash}
      and ((state = 'open' and "openUntil" <= now() + interval '50 milliseconds')
        or (state = 'half_open' and "probeUntil" <= now() + interval '50 milliseconds'))`
  return changed === 1
}

async function left(key: GateKey, end: { failure: ProviderError | null; probe: boolean }, watched: boolean) {
  // While all is well nothing is written: successes are told along with the next failure.
  if (end.failure === null && !watched) localOf(key).successes += 1
  else if (end.failure?.code !== 'aborted' || end.probe) await report(key, end)
}

async function report(
  key: GateKey,
  end: { failure: ProviderError | null; probe: boolean; answered?: boolean },
): Promise<void> {
  const local = localOf(key)
  const successes = local.successes
  local.successes = 0
  await transaction(async (tx) => {
    const row = await lockGate(tx, key)
    const facts = {
      failure: end.failure?.code ?? null,
      retryAfterMs: end.failure?.retryAfterMs ?? null,
      successes,
      probe: end.probe,
      answered: end.answered,
    }
    const next = afterCall(toState(row), facts, await databaseNow(tx), Math.random())
    const { state, failures, openings, windowStart, windowCalls, windowFailures, openUntil, probeUntil, reason } = next
    await tx.providerGate.update({
      where: { organizationId_provider_keyHash: key },
      data: { state, failures, openings, windowStart, windowCalls, windowFailures, openUntil, probeUntil, reason },
    })
  })
}

async function lockGate(tx: Transaction, key: GateKey): Promise<GateRow> {
  await makeGate(tx, key)
  await tx.$queryRaw`
    select provider from "ProviderGate" where "organizationId" = ${key.organizationId}::uuid
      and provider = ${key.provider} and "keyHash" = ${key.keyHash} for update`
  return tx.providerGate.findUniqueOrThrow({ where: { organizationId_provider_keyHash: key } })
}

/** A row for the key, if there is none. */
export async function makeGate(tx: Transaction, key: GateKey): Promise<void> {
  await tx.$executeRaw`
    insert into "ProviderGate" ("organizationId", provider, "keyHash")
    values (${key.organizationId}::uuid, ${key.provider}, ${key.keyHash}) on conflict do nothing`
}

/** Takes one request and its tokens, from what this process took in advance, or else from the bucket. */
async function take(key: GateKey, limit: ProviderLimit | null, tokens: number, signal: AbortSignal): Promise<void> {
  if (!limit || (limit.requestsPerMinute === null && limit.tokensPerMinute === null)) return
  const local = localOf(key)
  // One after the other within a process: whoever comes while another one fetches finds what it fetched.
  const turn = local.taking.then(() => takeInTurn(key, limit, local, tokens, signal))
  local.taking = turn.catch(() => {})
  return turn
}

async function takeInTurn(
  key: GateKey,
  limit: ProviderLimit,
  local: Local,
  tokens: number,
  signal: AbortSignal,
): Promise<void> {
  if (Date.now() - local.takenAt > CHUNK_KEPT_MS) Object.assign(local, { requests: 0, tokens: 0 })
  while (!signal.aborted) {
    const enoughTokens = limit.tokensPerMinute === null || local.tokens >= tokens
    const enoughRequests = limit.requestsPerMinute === null || local.requests >= 1
    if (enoughTokens && enoughRequests) {
      // Of what has no limit nothing is counted: a limit that is set later would find it owed.
      if (limit.requestsPerMinute !== null) local.requests -= 1
      if (limit.tokensPerMinute !== null) local.tokens -= tokens
      return
    }
    const wish = chunkOf(limit, { requests: enoughRequests ? 0 : 1, tokens: enoughTokens ? 0 : tokens - local.tokens })
    const wait = await takeChunk(key, limit, wish)
    if (wait === null) Object.assign(local, grown(local, wish))
    else await shortWait(key, wait.until, wait.now, 'its limit per minute is used up', signal)
  }
  throw new ProviderError('aborted', 'The call was stopped while it waited for the provider’s limit.')
}

function grown(local: Local, wish: Wish): Partial<Local> {
  return { requests: local.requests + wish.requests, tokens: local.tokens + wish.tokens, takenAt: Date.now() }
}

/**
 * One statement: fills the bucket by the time that passed and takes from it, if anything is left. It may go into debt
 * by one chunk, so that a call larger than the bucket is possible; on average the limit holds exactly.
 * @returns null when taken, else when there is something again, by the database's clock
 */
async function takeChunk(key: GateKey, limit: ProviderLimit, wish: Wish): Promise<{ until: Date; now: Date } | null> {
  const { requestsPerMinute: rpm, tokensPerMinute: tpm } = limit
  await makeGate(database(), key)
  const rows = await database().$queryRaw<{ taken: boolean; requests: number; tokens: number; now: Date }[]>`
    with filled as (
      select "organizationId", provider, "keyHash",
        least(${rpm}::float8 / 4, coalesce("requestsLeft", 0) + ${rpm}::float8 / 60
          * case when "requestsLeft" is null then 15 else extract(epoch from clock_timestamp() - "filledAt") end) as requests,
        least(${tpm}::float8 / 4, coalesce("tokensLeft", 0) + ${tpm}::float8 / 60
          * case when "tokensLeft" is null then 15 else extract(epoch from clock_timestamp() - "filledAt") end) as tokens
      from "ProviderGate" where "organizationId" = ${key.organizationId}::uuid and provider = ${key.provider}
        and "keyHash" = ${key.keyHash} for update
    ), judged as (
      select *, (${wish.requests}::float8 = 0 or coalesce(requests, 1) > 0)
        and (${wish.tokens}::float8 = 0 or coalesce(tokens, 1) > 0) as taken from filled
    )
    update "ProviderGate" gate set "filledAt" = clock_timestamp(),
      "requestsLeft" = judged.requests - case when taken then ${wish.requests}::float8 else 0 end,
      "tokensLeft" = judged.tokens - case when taken then ${wish.tokens}::float8 else 0 end
    from judged where gate."organizationId" = judged."organizationId" and gate.provider = judged.provider
      and gate."keyHash" = judged."keyHash"
    returning taken, coalesce(judged.requests, 0) as requests, coalesce(judged.tokens, 0) as tokens,
      clock_timestamp() as now`
  const row = rows[0]
  if (!row || row.taken) return null
  const forRequests = rpm && wish.requests > 0 && row.requests <= 0 ? (-row.requests / rpm) * 60_000 : 0
  const forTokens = tpm && wish.tokens > 0 && row.tokens <= 0 ? (-row.tokens / tpm) * 60_000 : 0
  const waitMs = Math.ceil(Math.max(forRequests, forTokens)) + 20
  return { until: new Date(row.now.getTime() + waitMs), now: row.now }
}

/**
 * What a call took at its worst and did not use, or the next one would wait for tokens that nobody used. If it can't be
 * told now, the bucket fills by itself.
 */
async function giveBack(key: GateKey, limit: ProviderLimit | null, unused: number): Promise<void> {
  const tpm = limit?.tokensPerMinute ?? null
  if (tpm === null || unused <= 0) return
  const told = database().$executeRaw`
    update "ProviderGate" set "tokensLeft" = least(${tpm}::float8 / 4, "tokensLeft" + ${unused}::float8)
    where "organizationId" = ${key.organizationId}::uuid and provider = ${key.provider} and "keyHash" = ${key.keyHash}`
  await told.catch(() => {})
}
