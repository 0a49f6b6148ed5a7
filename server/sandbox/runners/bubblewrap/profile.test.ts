import { expect, it } from 'vitest'
import { runUsers } from './machine'
import { hiddenDirectories } from './profile'
import { seccompProgram } from './seccomp'

it('compiles whole instructions for the processors it knows, and nothing for others', () => {
  for (const architecture of ['x64', 'arm64']) {
    const program = seccompProgram(architecture)
    expect(program?.length).toBeGreaterThan(800)
    expect((program?.length ?? 1) % 8).toBe(0)
  }
  expect(seccompProgram('mips')).toBeNull()
})

it('takes run users from a range nobody uses, or from what a narrow container has', () => {
  expect(runUsers('         0          0 4294967295\n').first).toBe(0x7000_0000)
  const narrow = runUsers('         0     100000      65536\n')
  expect(narrow.first + narrow.count).toBeLessThanOrEqual(65_536)
  expect(narrow.first).toBeGreaterThan(1_000)
})

it('covers our own folders below /usr, never those of the system', () => {
  expect(hiddenDirectories(['/usr/src/app', '/usr/src/app/.data', '/usr/local/other'])).toEqual([
    '/usr/src/app',
    '/usr/local/other',
  ])
  expect(hiddenDirectories(['/usr', '/usr/bin', '/usr/local', '/home/somebody/app', '/'])).toEqual([])
})
