import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ensureBuilt, isBuilt, sourceFingerprint } from './web-build'

const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-build-'))
const write = (file: string, content: string) => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
  writeFileSync(path.join(folder, file), content)
}

describe('the build', () => {
  // a stand-in for Next: leaves the mark of a build, or fails when it is told to
  write(
    'node_modules/next/dist/bin/next',
    `
const fs = require('node:fs')
console.log('building')
if (fs.existsSync('app/broken.ts')) process.exit(1)
fs.mkdirSync('.next', { recursive: true })
fs.writeFileSync('.next/BUILD_ID', '1')`,
  )
  write('package-lock.json', '{}')
  write('app/page.tsx', 'one')
  const lines: string[] = []
  const build = () => ensureBuilt({ projectFolder: folder, onLine: (line) => lines.push(line) })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('happens once for the same sources, and again when one changes', async () => {
    expect(await build()).toBe(true)
    expect(await build()).toBe(false)
    write('app/page.tsx', 'two')
    expect(isBuilt(folder)).toBe(false)
    expect(await build()).toBe(true)
    expect(lines).toEqual(['building', 'building'])
  })

  it('does not depend on tests, documents folders or earlier builds', () => {
    const before = sourceFingerprint(folder)
    write('app/page.test.ts', 'x')
    write('docs/guide.md', 'x')
    write('.next/trace', 'x')
    expect(sourceFingerprint(folder)).toBe(before)
    write('package-lock.json', '{ "changed": true }')
    expect(sourceFingerprint(folder)).not.toBe(before)
  })

  it('that failed is tried again', async () => {
    write('app/broken.ts', 'x')
    await expect(build()).rejects.toThrow(/could not be built/)
    expect(isBuilt(folder)).toBe(false)
    rmSync(path.join(folder, 'app/broken.ts'))
    expect(await build()).toBe(true)
  })
})
