import type { ProviderFailure } from '#server/agents/errors'
import { backoff } from '#server/kernel/backoff'

/**
 * Whether calls with one key of one provider are let through, for all workers together.
 *
 * - closed: calls go through. After failures in a row, or when too many of the last minute's calls failed: open.
 * - open: no call until `openUntil`. Then one call may try: half_open.
 * - half_open: that one call is under way. It is answered: closed, on trial. It fails: open again, for longer.
 *
 * A wait that the provider itself asked for (Retry-After) keeps the state and sets `openUntil`: it is no failure.
 * Failures of the key or of the request (401, 402, 404, 400) say nothing about the provider's health.
 */
export interface GateState {
  state: 'closed' | 'open' | 'half_open'
  failures: number
  openings: number
  windowStart: Date
  windowCalls: number
  windowFailures: number
  openUntil: Date | null
  probeUntil: Date | null
  reason: string
}

export const closedGate = (now: Date): GateState => ({
  state: 'closed',
  failures: 0,
  openings: 0,
  windowStart: now,
  windowCalls: 0,
  windowFailures: 0,
  openUntil: null,
  probeUntil: null,
  reason: '',
})

const OPENS_AFTER_FAILURES = 5
const WINDOW_MS = 60_000
const WINDOW_LEAST_CALLS = 10
const WINDOW_FAILING = 0.5
const FIRST_OPENING_MS = 10_000
const LONGEST_OPENING_MS = 5 * 60_000
/** A wait that a provider asks for is obeyed up to this. */
export const LONGEST_ASKED_MS = 15 * 60_000
/** Milliseconds after which the one call that tries is given up for lost with its worker. */
export const PROBE_MS = 2 * 60_000
/** How soon others look again while one call tries. */
const PROBE_LOOK_MS = 2_000

/** Failures that speak of the provider's own state. */
const ofTheProvider: ReadonlySet<ProviderFailure> = new Set([
  'overloaded',
  'server',
  'connection',
  'stream-cut',
  'idle',
  'deadline',
  'malformed-response',
])

export type Passage =
  | { kind: 'go' }
  /** go, if nobody else became the one that tries */
  | { kind: 'probe' }
  | { kind: 'wait'; until: Date; reason: string }

export function passage(gate: GateState, now: Date): Passage {
  if (gate.openUntil && gate.openUntil > now) return { kind: 'wait', until: gate.openUntil, reason: gate.reason }
  if (gate.state === 'closed') return { kind: 'go' }
  if (gate.state === 'half_open' && gate.probeUntil && gate.probeUntil > now) {
    return { kind: 'wait', until: new Date(now.getTime() + PROBE_LOOK_MS), reason: gate.reason }
  }
  return { kind: 'probe' }
}

/** How a call ended. `successes`: earlier calls of this process that went well and were not told yet. */
export interface CallEnd {
  failure: ProviderFailure | null
  retryAfterMs: number | null
  successes: number
  /** it was the one call that tried */
  probe: boolean
  /** it has not ended yet: the provider has begun to answer */
  answered?: boolean
}

/** @param random in [0, 1) */
export function afterCall(before: GateState, end: CallEnd, now: Date, random: number): GateState {
  const fresh = now.getTime() - before.windowStart.getTime() > WINDOW_MS
  const gate: GateState = {
    ...before,
    ...(fresh ? { windowStart: now, windowCalls: 0, windowFailures: 0 } : {}),
  }
  if (end.answered) return onTrial(gate, now)
  gate.windowCalls += end.successes + 1
  if (end.failure === 'aborted') return end.probe ? { ...gate, probeUntil: now } : gate
  const asked = Math.min(end.retryAfterMs ?? 0, LONGEST_ASKED_MS)
  if (end.failure === 'rate-limited' && asked > 0) return askedToWait(gate, asked, now)
  // A call that began before it opened neither closes it nor opens it for longer: the one that tries does.
  if (gate.state !== 'closed' && !end.probe) return before
  const failed = end.failure !== null && (ofTheProvider.has(end.failure) || end.failure === 'rate-limited')
  // A refusal of the key or the request is an answer too: the provider is up. What it asked others to wait holds on.
  if (!failed) {
    return { ...gate, ...quiet, ...stillAsked(gate, now) }
  }
  gate.failures += 1
  gate.windowFailures += 1
  const many = gate.windowCalls >= WINDOW_LEAST_CALLS && gate.windowFailures / gate.windowCalls >= WINDOW_FAILING
  if (end.probe || gate.failures >= OPENS_AFTER_FAILURES || many) return opened(gate, asked, now, random)
  return asked > 0 ? askedToWait(gate, asked, now) : gate
}

const quiet = { state: 'closed', failures: 0, openings: 0, openUntil: null, probeUntil: null, reason: '' } as const

/** What the provider asked to wait holds, whatever other calls came to. */
function stillAsked({ openUntil, reason }: GateState, now: Date): Partial<GateState> {
  return openUntil && openUntil > now ? { openUntil, reason } : {}
}

/** Calls go through again, since the provider answers. One that fails opens it for longer; one that ends well is trusted. */
function onTrial(gate: GateState, now: Date): GateState {
  const { openings } = gate
  return { ...gate, ...quiet, ...stillAsked(gate, now), openings, failures: OPENS_AFTER_FAILURES - 1 }
}

function askedToWait(gate: GateState, ms: number, now: Date): GateState {
  const until = new Date(now.getTime() + ms)
  const state = gate.state === 'half_open' ? 'open' : gate.state
  if (gate.openUntil && gate.openUntil >= until) return { ...gate, state }
  return { ...gate, state, openUntil: until, probeUntil: null, reason: 'it asked to wait' }
}

function opened(gate: GateState, askedMs: number, now: Date, random: number): GateState {
  const own = Math.min(LONGEST_OPENING_MS, FIRST_OPENING_MS * 2 ** gate.openings)
  const ms = Math.max(own, askedMs) + backoff(0, own / 4, LONGEST_OPENING_MS, random)
  const until = Math.max(now.getTime() + ms, gate.openUntil?.getTime() ?? 0)
  const reason = gate.failures > 1 ? `${gate.failures} failures in a row` : 'it fails often'
  return {
    ...gate,
    state: 'open',
    openings: gate.openings + 1,
    openUntil: new Date(until),
    probeUntil: null,
    reason: gate.openings > 0 ? `${reason}, and trying once more failed` : reason,
  }
}
