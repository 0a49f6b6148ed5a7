import { describe, expect, it } from 'vitest'
import type { Exchange } from './exchange'
import { failureOf, retryAfterMs, StreamFailure, toProviderError } from './failure'

describe('failureOf', () => {
  it.each([
    [{ status: 400, label: 'invalid_request_error', words: 'Your credit balance is too low' }, 'payment'],
    [
      { status: 400, label: 'invalid_request_error', words: "This model's maximum context length is 1 token" },
      'context-too-long',
    ],
    [{ status: 422, label: '', words: 'bad field' }, 'invalid-request'],
    [{ status: 408, label: '', words: '' }, 'server'],
    [{ status: 418, label: '', words: '' }, 'invalid-request'],
    [{ status: 503, label: '', words: 'The engine is currently overloaded' }, 'overloaded'],
    [{ status: 500, label: 'api_error', words: 'billing service is down' }, 'server'],
    [{ status: null, label: 'rate_limit_exceeded', words: '' }, 'rate-limited'],
    [{ status: null, label: 'server_error', words: '' }, 'server'],
    [{ status: null, label: 'invalid_prompt', words: '' }, 'invalid-request'],
    [{ status: null, label: '', words: '' }, 'server'],
  ] as const)('%j is %s', (complaint, failure) => expect(failureOf(complaint)).toBe(failure))
})

describe('the words of a provider', () => {
  const apiKey = 'sk-canary/key+7f3a9c=='
  const base64 = Buffer.from(`user:${apiKey}`).toString('base64')
  it.each([
    ['as it is', apiKey],
    ['in an address', encodeURIComponent(apiKey)],
    ['as basic authentication', base64],
  ])('never carry the key on, %s', (_, quoted) => {
    const exchange = { status: 400, headers: null, requestId: null, verdict: null } as unknown as Exchange
    const thrown = { status: 400, error: { error: { message: `cannot forward ${quoted} to upstream` } } }
    const { message } = toProviderError(thrown, { exchange, apiKey, now: 0 })
    expect(message).toContain('cannot forward')
    expect(message).not.toContain(quoted)
    expect(message).not.toContain('canary')
    const inStream = new StreamFailure('authentication', `bad key ${quoted}`)
    expect(toProviderError(inStream, { exchange, apiKey, now: 0 }).message).not.toMatch(/canary/)
    expect(toProviderError(inStream, { exchange, apiKey, now: 0 }).message).not.toContain(quoted)
  })
})

describe('retryAfterMs', () => {
  const now = Date.parse('2026-11-23T10:00:00Z')
  it.each([
    [{}, null],
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': '-3' }, 0],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': 'Mon, 23 Nov 2026 10:02:00 GMT' }, 120_000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 09:00:00 GMT' }, 0],
    [{ 'retry-after': 'Mon, 23 Nov 2026 11:02:00 GMT', date: 'Mon, 23 Nov 2026 11:00:00 GMT' }, 120_000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 10:02:00 GMT', date: 'now' }, 120_000],
    [{ 'retry-after': '1e400' }, null],
    [{ 'retry-after': '' }, 0],
    [{ 'retry-after-ms': '-5' }, 0],
    [{ 'retry-after': '7', 'retry-after-ms': '1500' }, 1_500],
  ])('%j asks for %s ms', (headers, expected) => {
    expect(retryAfterMs(new Headers(headers as Record<string, string>), now)).toBe(expected)
  })
  it('asks for nothing without an answer', () => expect(retryAfterMs(null, now)).toBeNull())
})
