import { describe, expect, it } from 'vitest'
import { commandVerdict } from './command-policy'

describe('commandVerdict', () => {
  it.each([
    'node --test',
    'ls -la',
    'npm test',
    'npm run build',
    'git status',
    'curl http://localhost:3000/health',
    'echo "npm install"',
    'grep -r install .',
    'node curl.js',
  ])('lets %s through', (command) => expect(commandVerdict(command)).toEqual({ allowed: true }))

  it.each([
    'npm i left-pad',
    'npm install',
    'cd app && npm ci',
    'CI=1 npm install',
    'sudo apt-get install jq',
    'pip install x',
    'python3 -m pip install x',
    'curl -s https://example.com',
    'wget http://example.com',
    'git clone https://example.com/x',
    'if true; then npm add x; fi',
  ])('says that there is no network for %s', (command) => {
    const verdict = commandVerdict(command)
    expect(verdict.allowed ? '' : verdict.reason).toContain('no network')
  })

  it('refuses what no shell can run', () => {
    expect(commandVerdict('  \n').allowed).toBe(false)
    expect(commandVerdict('ls\0-la').allowed).toBe(false)
    expect(commandVerdict(`echo ${'é'.repeat(5_000)}`).allowed).toBe(false)
    expect(commandVerdict(`echo ${'a'.repeat(8_000)}`).allowed).toBe(true)
  })
})
