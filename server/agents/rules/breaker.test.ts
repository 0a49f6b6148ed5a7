import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ProviderFailure, providerFailures } from '#server/agents/errors'
import { afterCall, type CallEnd, closedGate, type GateState, LONGEST_ASKED_MS, passage } from './breaker'

const start = new Date('2026-11-25T12:00:00Z')
const later = (ms: number) => new Date(start.getTime() + ms)
const end = (failure: ProviderFailure | null, more: Partial<CallEnd> = {}): CallEnd => ({
  failure,
  retryAfterMs: null,
  successes: 0,
  probe: false,
  ...more,
})
const fold = (ends: CallEnd[], gate = closedGate(start)) =>
  ends.reduce((state, one, index) => afterCall(state, one, later(index), 0), gate)
const times = (count: number, failure: ProviderFailure | null) => Array.from({ length: count }, () => end(failure))

describe('the breaker', () => {
  it.each<[string, CallEnd[], GateState['state']]>([
    ['four failures are not enough', times(4, 'server'), 'closed'],
    ['five in a row are', times(5, 'overloaded'), 'open'],
    ['a success between starts the count anew', [...times(4, 'server'), end(null), ...times(4, 'server')], 'closed'],
    ['half of a minute’s calls', Array.from({ length: 6 }, () => [end(null), end('stream-cut')]).flat(), 'open'],
    ['a wrong key is no failure of the provider', times(20, 'authentication'), 'closed'],
    ['nor is a wrong request', times(20, 'invalid-request'), 'closed'],
    ['nor what we stopped ourselves', times(20, 'aborted'), 'closed'],
    ['calls that went well elsewhere count', [end('server', { successes: 30 }), ...times(3, 'server')], 'closed'],
  ])('%s', (_name, ends, state) => {
    expect(fold(ends).state).toBe(state)
  })

  it('opens, lets one call try, and closes or opens for longer', () => {
    const open = fold(times(5, 'server'))
    expect(passage(open, later(5_000))).toMatchObject({ kind: 'wait', reason: '5 failures in a row' })
    const due = open.openUntil as Date
    expect(passage(open, due)).toEqual({ kind: 'probe' })
    const trying: GateState = { ...open, state: 'half_open', probeUntil: new Date(due.getTime() + 60_000) }
    expect(passage(trying, due)).toMatchObject({ kind: 'wait' })
    expect(passage(trying, new Date(due.getTime() + 60_001))).toEqual({ kind: 'probe' })
    const again = afterCall(trying, end('server', { probe: true }), due, 0)
    expect([again.state, (again.openUntil as Date).getTime() - due.getTime()]).toEqual(['open', 20_000])
    const mended = afterCall(trying, end(null, { probe: true }), due, 0)
    expect(mended).toMatchObject({ state: 'closed', failures: 0, openings: 0, openUntil: null })
  })

  it('obeys Retry-After for everybody, up to a cap, and does not count it as a failure', () => {
    const waiting = afterCall(closedGate(start), end('rate-limited', { retryAfterMs: 30_000 }), start, 0)
    expect(passage(waiting, later(29_000))).toMatchObject({ kind: 'wait', until: later(30_000) })
    expect(passage(waiting, later(30_000))).toEqual({ kind: 'go' })
    expect(waiting.failures).toBe(0)
    const far = afterCall(closedGate(start), end('rate-limited', { retryAfterMs: 86_400_000 }), start, 0)
    expect(far.openUntil).toEqual(later(LONGEST_ASKED_MS))
    const shorter = afterCall(far, end('rate-limited', { retryAfterMs: 1_000 }), start, 0)
    expect(shorter.openUntil).toEqual(far.openUntil)
  })

  it('twenty calls under way when it opens do not keep it open for longer, nor does one of them close it', () => {
    const open = fold(times(5, 'server'))
    expect(fold(times(20, 'server'), open)).toEqual(open)
    expect(fold(times(1, null), open)).toEqual(open)
    const trying: GateState = { ...open, state: 'half_open', openUntil: null, probeUntil: later(120_000) }
    expect(fold(times(3, 'server'), trying)).toEqual(trying)
  })

  it('neither the success nor the failure of another call shortens what it asked to wait', () => {
    const waiting = afterCall(closedGate(start), end('rate-limited', { retryAfterMs: 60_000 }), start, 0)
    for (const other of [end(null), end('authentication')]) {
      expect(afterCall(waiting, other, later(5), 0)).toMatchObject({
        openUntil: later(60_000),
        reason: 'it asked to wait',
      })
    }
    expect(fold(times(5, 'server'), waiting)).toMatchObject({ state: 'open', openUntil: later(60_000) })
  })

  it('lets calls through once the one that tries is answered; the next failure opens it for longer, a success ends that', () => {
    const trying: GateState = { ...fold(times(5, 'server')), state: 'half_open', openUntil: null }
    const trial = afterCall(trying, end(null, { probe: true, answered: true }), later(1_000), 0)
    expect(passage(trial, later(1_000))).toEqual({ kind: 'go' })
    expect(afterCall(trial, end('stream-cut'), later(2_000), 0)).toMatchObject({
      state: 'open',
      openUntil: later(22_000),
    })
    expect(afterCall(trial, end(null), later(2_000), 0)).toMatchObject({ state: 'closed', failures: 0, openings: 0 })
  })

  it('never stays shut: whatever happened, some time later a call may go or try', () => {
    const anyEnd = fc.record({
      failure: fc.option(fc.constantFrom(...providerFailures)),
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 10_000_000 })),
      successes: fc.nat(5),
      probe: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyEnd, fc.nat(100_000), fc.double({ min: 0, max: 0.999, noNaN: true }))),
        (ends) => {
          let gate = closedGate(start)
          let now = start.getTime()
          for (const [one, pause, random] of ends) {
            now += pause
            gate = afterCall(gate, one, new Date(now), random)
            const until = gate.openUntil?.getTime() ?? now
            expect(until - now).toBeLessThanOrEqual(LONGEST_ASKED_MS + 75_000)
          }
          expect(passage(gate, new Date(now + LONGEST_ASKED_MS + 200_000)).kind).not.toBe('wait')
        },
      ),
    )
  })
})
