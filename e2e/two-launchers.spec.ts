import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'playwright/test'

test.setTimeout(170_000)

const PROJECT = path.resolve(import.meta.dirname, '..')
const PORT = 3500
const launchers: ChildProcess[] = []
const dataDir = mkdtempSync(path.join(tmpdir(), 'orchestrator-two-'))

test.afterAll(async () => {
  await stopAll()
  const note = path.join(dataDir, 'postgres.location')
  const elsewhere = existsSync(note) ? readFileSync(note, 'utf8').trim() : null
  for (const folder of [dataDir, elsewhere]) if (folder) rmSync(folder, { recursive: true, force: true })
})

async function stopAll(): Promise<void> {
  const ends = launchers.splice(0).map((launcher) => {
    const exit = once(launcher, 'exit')
    launcher.kill('SIGTERM')
    return exit
  })
  await Promise.all(ends)
}

/** `npm start` without npm. @returns what it said until it says where it runs */
function launch(): Promise<{ url: string; said: string }> {
  const { DATABASE_URL: _, ORCHESTRATOR_KEY: __, NEXTAUTH_SECRET: ___, NEXTAUTH_URL: ____, ...rest } = process.env
  const args = ['--import', 'tsx', 'server/cli/main.ts', 'start', '--no-build', '--data', dataDir, '--port', `${PORT}`]
  const launcher = spawn(process.execPath, args, { cwd: PROJECT, env: { ...rest, NO_COLOR: '1' }, stdio: 'pipe' })
  launchers.push(launcher)
  return new Promise((resolve, reject) => {
    let said = ''
    const hear = (text: string) => {
      said += text
      const url = /running at (http:\S+)/.exec(said)?.[1]
      if (url) resolve({ url, said })
    }
    for (const stream of [launcher.stdout, launcher.stderr]) stream?.setEncoding('utf8').on('data', hear)
    launcher.once('exit', () => reject(new Error(`the launcher ended:\n${said}`)))
  })
}

test('two launchers that start on one data folder in the same second: one waits, then both run and share', async ({
  request,
}) => {
  for (const folder of ['empty', 'stopped']) {
    const both = await Promise.all([launch(), launch()])
    expect(new Set(both.map(({ url }) => url)).size, folder).toBe(2)
    for (const { url } of both) expect((await request.get(`${url}/api/health`)).ok()).toBe(true)
    expect(
      both.filter(({ said }) => said.includes('Joined the database of another')),
      folder,
    ).toHaveLength(1)
    expect(both.map(({ said }) => said).join()).not.toMatch(/ended \(|EADDRINUSE/)
    await stopAll()
  }
})
