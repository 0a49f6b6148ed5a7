import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkGit, checkNode, isAtLeast } from './machine'
import { PROJECT, packageFile } from './project'

describe('what the machine needs', () => {
  it.each([
    ['git version 2.38.0', true],
    ['git version 2.39.5 (Apple Git-154)', true],
    ['git version 3.0', true],
    ['git version 2.9.5', false],
    ['git version 2.37.9', false],
    ['nonsense', false],
  ])('%s is recent enough: %s', (version, expected) => {
    expect(isAtLeast(version, [2, 38])).toBe(expected)
  })

  it('says what is missing and what to do', () => {
    expect(checkNode('18.20.4')).toMatchObject({
      state: 'missing',
      message: expect.stringContaining('install Node 20.19'),
    })
    expect(checkGit(null)).toMatchObject({ state: 'missing', message: expect.stringContaining('install git 2.38') })
    expect(checkGit('git version 2.20.1').message).toContain('2.20.1 is too old')
  })

  it('doctor prints one line for each need and does not start anything', () => {
    const main = path.join('server', 'cli', 'main.ts')
    const output = execFileSync(process.execPath, [packageFile('tsx/dist/cli.mjs'), main, 'doctor'], {
      cwd: PROJECT,
      encoding: 'utf8',
    })
    for (const name of ['Node', 'git', 'database', 'bubblewrap', 'providers']) {
      expect(output).toMatch(new RegExp(`^(ok|limited) +${name} `, 'm'))
    }
  })
})
