import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { ProviderError } from './errors'
import { enterGate, type GateKey, gateKey, ProviderHeld } from './gate'

afterAll(stopQueue)

const never = new AbortController().signal
const newKey = (): GateKey => gateKey(randomUUID(), 'anthropic', 'secret')
const rowOf = (key: GateKey) =>
  database().providerGate.findUniqueOrThrow({ where: { organizationId_provider_keyHash: key } })

async function call(key: GateKey, failure: ProviderError | null): Promise<void> {
  const entered = await enterGate(key, 10, never)
  await entered.leave(failure)
}

describe('the breaker of a key', () => {
  test('opens for every worker, lets exactly one try, and closes when that one succeeds', async () => {
    const key = newKey()
    for (let index = 0; index < 5; index += 1) await call(key, new ProviderError('server', 'oops'))
    await expect(enterGate(key, 10, never)).rejects.toMatchObject({ reason: '5 failures in a row' })
    await expect(enterGate(key, 10, never)).rejects.toBeInstanceOf(ProviderHeld)
    await database().providerGate.update({
      where: { organizationId_provider_keyHash: key },
      data: { openUntil: new Date(Date.now() - 1_000) },
    })
    const stop = new AbortController()
    const entered: { leave(failure: ProviderError | null): Promise<void> }[] = []
    const attempts = Array.from({ length: 10 }, () =>
      enterGate(key, 10, stop.signal).then(
        (one) => void entered.push(one),
        () => {},
      ),
    )
    while (entered.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    expect((await rowOf(key)).state).toBe('half_open')
    expect(entered).toHaveLength(1)
    await entered[0]?.leave(null)
    await Promise.all(attempts)
    expect(entered).toHaveLength(10)
    expect(await rowOf(key)).toMatchObject({ state: 'closed', failures: 0, openUntil: null })
  })

  test('closes as soon as the provider answers the one that tries, however long the answer is', async () => {
    const key = newKey()
    for (let index = 0; index < 5; index += 1) await call(key, new ProviderError('server', 'oops'))
    await database().providerGate.update({
      where: { organizationId_provider_keyHash: key },
      data: { openUntil: new Date(Date.now() - 1_000) },
    })
    const probe = await enterGate(key, 10, never)
    await probe.answered()
    const other = await enterGate(key, 10, never)
    await other.leave(null)
    expect(await rowOf(key)).toMatchObject({ state: 'closed', failures: 0 })
    await probe.leave(new ProviderError('stream-cut', 'oops'))
    expect(await rowOf(key)).toMatchObject({ state: 'closed', failures: 1 })
  }, 5_000)

  test('a provider that asks to wait is not called by anybody with this key, and by others it is', async () => {
    const key = newKey()
    await call(key, new ProviderError('rate-limited', 'later', { retryAfterMs: 60_000 }))
    const held = await enterGate(key, 10, never).catch((error: unknown) => error)
    expect(held).toBeInstanceOf(ProviderHeld)
    expect(Math.abs((held as ProviderHeld).until.getTime() - Date.now() - 60_000)).toBeLessThan(5_000)
    await call({ ...key, keyHash: 'other' }, null)
  })

  test('costs no write while all is well', async () => {
    const key = newKey()
    for (let index = 0; index < 3; index += 1) await call(key, null)
    expect(await database().providerGate.count({ where: key })).toBe(0)
  })
})

describe('limits per minute', () => {
  test('requests and tokens are given out once, whoever asks, and the rest is told to come back', async () => {
    const key = newKey()
    await database().providerLimit.create({
      data: {
        organizationId: key.organizationId,
        provider: key.provider,
        requestsPerMinute: 60,
        tokensPerMinute: null,
      },
    })
    // A bucket holds a quarter of a minute: fifteen at once, then one a second.
    const stop = new AbortController()
    const results = Array.from({ length: 30 }, () =>
      enterGate(key, 10, stop.signal).then(
        () => 'in',
        () => 'out',
      ),
    )
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    stop.abort()
    const inside = (await Promise.all(results)).filter((result) => result === 'in').length
    expect(inside).toBeGreaterThanOrEqual(15)
    expect(inside).toBeLessThanOrEqual(19)
  })

  test('a call that needs more than is left waits elsewhere, and no worker is held', async () => {
    const key = newKey()
    await database().providerLimit.create({
      data: {
        organizationId: key.organizationId,
        provider: key.provider,
        requestsPerMinute: null,
        tokensPerMinute: 600,
      },
    })
    await call(key, null)
    await (await enterGate(key, 1_000, never)).leave(null)
    await expect(enterGate(key, 1_000, never)).rejects.toMatchObject({ reason: 'its limit per minute is used up' })
  })

  test('a limit that is set while calls are made does not ask back what was used without it', async () => {
    const key = newKey()
    const { organizationId, provider } = key
    const limit = { requestsPerMinute: 600, tokensPerMinute: null }
    const where = { organizationId_provider: { organizationId, provider } }
    await database().providerLimit.create({ data: { organizationId, provider, ...limit } })
    for (let index = 0; index < 20; index += 1) await (await enterGate(key, 100_000, never)).leave(null)
    await database().providerLimit.update({ where, data: { tokensPerMinute: 600_000 } })
    await (await enterGate(key, 100_000, never)).leave(null)
    expect((await rowOf(key)).tokensLeft).toBeGreaterThan(0)
  })

  test('whoever waits for a limit is told when by the database’s clock, whatever the worker’s says', async () => {
    const key = newKey()
    const { organizationId, provider } = key
    await database().providerLimit.create({
      data: { organizationId, provider, requestsPerMinute: null, tokensPerMinute: 600 },
    })
    await (await enterGate(key, 1_000, never)).leave(null)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    const held = await enterGate(key, 1_000, never).catch((error: unknown) => error)
    vi.useRealTimers()
    expect(held).toBeInstanceOf(ProviderHeld)
    expect((held as ProviderHeld).until.getTime() - Date.now()).toBeLessThan(5 * 60_000)
  })

  test('what a call was given at its worst and did not use is there for the next one', async () => {
    const key = newKey()
    const { organizationId, provider } = key
    await database().providerLimit.create({
      data: { organizationId, provider, requestsPerMinute: null, tokensPerMinute: 60_000 },
    })
    for (let index = 0; index < 5; index += 1) {
      const entered = await enterGate(key, 40_000, never)
      await entered.leave(null, 39_000)
    }
    expect((await rowOf(key)).tokensLeft).toBeLessThan(15_000)
    await (await enterGate(key, 40_000, never)).leave(null)
    await expect(enterGate(key, 40_000, never)).rejects.toBeInstanceOf(ProviderHeld)
  })

  test('twenty callers on one key stay fast', async () => {
    const key = newKey()
    await database().providerLimit.create({
      data: {
        organizationId: key.organizationId,
        provider: key.provider,
        requestsPerMinute: 60_000,
        tokensPerMinute: 60_000_000,
      },
    })
    const times: number[] = []
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let index = 0; index < 20; index += 1) {
          const before = performance.now()
          await call(key, null)
          times.push(performance.now() - before)
        }
      }),
    )
    times.sort((a, b) => a - b)
    console.info(`gate, 20 callers on one key: p50 ${times[200]?.toFixed(1)} ms, p95 ${times[380]?.toFixed(1)} ms`)
    expect(times[200]).toBeLessThan(250)
  })
})
