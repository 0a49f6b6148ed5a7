import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { installationSecrets } from './installation-secrets'

const NAMES = ['NEXTAUTH_SECRET', 'ORCHESTRATOR_KEY', 'ORCHESTRATOR_KEY_PREVIOUS']
const newKey = () => randomBytes(32).toString('base64')

describe('the secrets of an installation', () => {
  let folder = ''
  beforeEach(() => {
    for (const name of NAMES) setEnvironmentVariable(name, undefined)
    folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-secrets-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('are made once and stay, readable by their owner only', () => {
    const first = installationSecrets(folder)
    const file = path.join(folder, 'secrets.json')
    chmodSync(file, 0o644)
    expect(installationSecrets(folder)).toEqual(first)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(Buffer.from(first.ORCHESTRATOR_KEY, 'base64')).toHaveLength(32)
  })

  it('come from the environment when they are given there', () => {
    const key = newKey()
    setEnvironmentVariable('ORCHESTRATOR_KEY', key)
    expect(installationSecrets(folder).ORCHESTRATOR_KEY).toBe(key)
  })

  it('refuse a start with another key, unless the old one is given as the previous key', () => {
    const first = installationSecrets(folder)
    const key = newKey()
    setEnvironmentVariable('ORCHESTRATOR_KEY', key)
    expect(() => installationSecrets(folder)).toThrow(
      /sealed with key [0-9a-f]{8}, but ORCHESTRATOR_KEY is key [0-9a-f]{8}/,
    )
    setEnvironmentVariable('ORCHESTRATOR_KEY_PREVIOUS', first.ORCHESTRATOR_KEY)
    expect(installationSecrets(folder).ORCHESTRATOR_KEY).toBe(key)
    setEnvironmentVariable('ORCHESTRATOR_KEY_PREVIOUS', undefined)
    expect(installationSecrets(folder).ORCHESTRATOR_KEY).toBe(key)
  })

  it('are never silently replaced when their file is damaged', () => {
    writeFileSync(path.join(folder, 'secrets.json'), '{ "NEXTAUTH_SECRET": "x" }')
    expect(() => installationSecrets(folder)).toThrow(/Restore it from a backup/)
  })
})
