import { expect, it } from 'vitest'
import { bubblewrapCandidate } from './runners/bubblewrap/runner'
import { unprotectedCandidate } from './runners/none/runner'
import { selfTest } from './self-test'

it('passes with bubblewrap on this machine', async () => {
  const candidate = await bubblewrapCandidate()
  if (typeof candidate === 'string')
    throw new Error(`These tests need bubblewrap (apt-get install bubblewrap): ${candidate}`)
  const report = await selfTest(candidate)
  expect(report.checks.filter((check) => !check.ok)).toEqual([])
  expect(report.ok).toBe(true)
})

it('sees every leak when there is no isolation, so a pass means something', async () => {
  const report = await selfTest(unprotectedCandidate())
  const leaks = report.checks.filter((check) => !check.ok).map((check) => check.name)
  expect(report.ok).toBe(false)
  expect(leaks).toEqual(
    expect.arrayContaining([
      'file outside',
      'write outside',
      'loopback',
      'abstract socket',
      'processes',
      'system calls',
    ]),
  )
})

it('reports a sandbox that does not start instead of throwing', async () => {
  const report = await selfTest({
    version: '0.8.0',
    notes: [],
    runner: { name: 'bubblewrap', run: () => Promise.reject(new Error('No permissions to create new namespace')) },
  })
  expect(report.ok).toBe(false)
  expect(report.checks[0]?.detail).toContain('No permissions')
})
