import { describe, expect, it } from 'vitest'
import type { SelfTestReport } from './model'
import type { SandboxRunner } from './ports'
import { createSandboxRegistry, type SandboxSettings } from './registry'

const bubblewrap: SandboxRunner = { name: 'bubblewrap', run: () => Promise.reject(new Error('not run here')) }
const none: SandboxRunner = { name: 'none', run: () => Promise.reject(new Error('not run here')) }

function registry(changes: Partial<SandboxSettings> = {}, outcomes: boolean[] = []) {
  const facts = { now: 0, tests: 0 }
  const report = (ok: boolean): SelfTestReport => ({
    ok,
    runner: 'bubblewrap',
    version: '0.8.0',
    checks: [{ name: 'loopback', ok, detail: 'A port of this machine could be reached.' }],
  })
  const made = createSandboxRegistry({
    provider: 'bubblewrap',
    acceptedRisk: undefined,
    hostname: 'builder',
    now: () => facts.now,
    bubblewrap: async () => ({ runner: bubblewrap, version: '0.8.0', notes: [] }),
    none: () => ({ runner: none, version: null, notes: [] }),
    test: async () => report(outcomes[facts.tests++] ?? true),
    ...changes,
  })
  return { made, facts }
}

describe('sandbox registry', () => {
  it('remembers a passed self-test for ten minutes', async () => {
    const { made, facts } = registry()
    expect(await made.runner()).toBe(bubblewrap)
    facts.now = 9 * 60_000
    await made.runner()
    expect(facts.tests).toBe(1)
    facts.now = 11 * 60_000
    await made.runner()
    expect(facts.tests).toBe(2)
  })

  it('never remembers a failed one, and says what failed, what works and what to do', async () => {
    const { made } = registry({}, [false, true])
    await expect(made.runner()).rejects.toMatchObject({
      code: 'sandbox-unavailable',
      kind: 'unavailable',
      message: expect.stringMatching(
        /could be reached.*planning, review and decisions still work.*apt-get install bubblewrap/,
      ),
    })
    expect(await made.runner()).toBe(bubblewrap)
  })

  it('withdraws trust when a later report fails', async () => {
    const { made } = registry({}, [true, false, false])
    await made.runner()
    expect((await made.report()).ok).toBe(false)
    await expect(made.runner()).rejects.toMatchObject({ code: 'sandbox-unavailable' })
  })

  it('runs one self-test for callers that ask at the same time', async () => {
    const { made, facts } = registry()
    await Promise.all([made.runner(), made.runner(), made.report()])
    expect(facts.tests).toBe(1)
  })

  it('does not fall back to no isolation when bubblewrap is missing', async () => {
    const { made } = registry({ bubblewrap: async () => 'bubblewrap is not installed', acceptedRisk: 'builder' })
    await expect(made.runner()).rejects.toThrow('bubblewrap is not installed')
  })

  it.each([undefined, '', 'another-machine'])(
    'refuses SANDBOX_PROVIDER=none when the risk was accepted for %s',
    async (acceptedRisk) => {
      await expect(registry({ provider: 'none', acceptedRisk }).made.runner()).rejects.toThrow(
        'SANDBOX_NONE_I_ACCEPT_RISK=builder',
      )
    },
  )

  it('runs without isolation only when both variables say so', async () => {
    expect(await registry({ provider: 'none', acceptedRisk: 'builder' }).made.runner()).toBe(none)
  })
})
