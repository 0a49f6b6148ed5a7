import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { inheritedEnvironment } from '#server/platform/env/inherited'
import { isAlive } from '#server/platform/process/alive'
import { PROJECT } from './project'
import { type ProcessPlan, Supervisor } from './supervisor'

const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-supervisor-'))
const waiting = { timeout: 20_000, interval: 20 }

/** A stand-in process: says hello, and goodbye when it is asked to stop. */
const POLITE = `
process.on('SIGTERM', () => { console.log('goodbye'); process.exit(0) })
setInterval(() => {}, 1000)
console.log('hello ' + process.pid)`
const STUBBORN = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('hello ' + process.pid)`

function supervise(options: { graceMs?: number } = {}) {
  const lines: string[] = []
  const exits: string[] = []
  const supervisor = new Supervisor({
    folder: PROJECT,
    logFolder: path.join(folder, 'logs'),
    onLine: (name, line) => lines.push(`${name}: ${line}`),
    onExit: (name, reason, again) => exits.push(`${name} ${reason} ${again}`),
    restartDelayMs: 5,
    ...options,
  })
  const plan = (name: string, code: string, stopStage = 1): ProcessPlan => ({
    name,
    args: ['-e', code],
    environment: inheritedEnvironment(),
    stopStage,
  })
  const said = (text: string) => lines.filter((line) => line.includes(text)).length
  return { supervisor, lines, exits, plan, said }
}

describe('the supervisor', () => {
  const running: Supervisor[] = []
  afterEach(async () => {
    for (const supervisor of running.splice(0)) await supervisor.stop()
  })

  it('stops what others need after the others, and only once however often it is asked', async () => {
    const { supervisor, lines, plan, said } = supervise()
    running.push(supervisor)
    supervisor.start(plan('provider', POLITE, 2))
    supervisor.start(plan('web', POLITE))
    supervisor.start(plan('worker', POLITE))
    await vi.waitFor(() => expect(said('hello')).toBe(3), waiting)
    await Promise.all([supervisor.stop(), supervisor.stop()])
    const goodbyes = lines.filter((line) => line.endsWith('goodbye'))
    expect(goodbyes.slice(0, 2).sort()).toEqual(['web: goodbye', 'worker: goodbye'])
    expect(goodbyes.slice(2)).toEqual(['provider: goodbye'])
    expect(readFileSync(path.join(folder, 'logs', 'web.log'), 'utf8')).toContain('goodbye')
  })

  it('starts a killed process again', async () => {
    const { supervisor, exits, plan, said } = supervise()
    running.push(supervisor)
    supervisor.start(plan('worker', POLITE))
    await vi.waitFor(() => expect(said('hello')).toBe(1), waiting)
    const first = supervisor.idOf('worker') as number
    process.kill(first, 'SIGKILL')
    await vi.waitFor(() => expect(said('hello')).toBe(2), waiting)
    expect(exits).toEqual(['worker SIGKILL true'])
    expect(supervisor.idOf('worker')).not.toBe(first)
  })

  it('gives up on a process that keeps failing', async () => {
    const { supervisor, exits, plan } = supervise()
    running.push(supervisor)
    supervisor.start(plan('worker', 'process.exit(3)'))
    await vi.waitFor(() => expect(exits.at(-1)).toBe('worker 3 false'), waiting)
    expect(exits).toHaveLength(6)
  })

  it('kills a process that does not end, with what it started', async () => {
    const { supervisor, lines, plan, said } = supervise({ graceMs: 50 })
    const nested = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(STUBBORN)}], { stdio: 'inherit' });${STUBBORN}`
    supervisor.start(plan('stuck', nested))
    await vi.waitFor(() => expect(said('hello')).toBe(2), waiting)
    await supervisor.stop()
    const pids = lines.map((line) => Number(line.split(' ').at(-1)))
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), waiting)
  })
})

describe('a launcher killed with -9', () => {
  it('takes its processes with it', async () => {
    const follow = pathToFileURL(path.join(import.meta.dirname, 'follow.ts')).href
    const launcherFile = path.join(folder, 'launcher.mjs')
    writeFileSync(
      launcherFile,
      `import { spawn } from 'node:child_process'
const child = spawn(process.execPath, ['--import', 'tsx', '--import', ${JSON.stringify(follow)}, '-e', 'console.log("up"); setInterval(() => {}, 1000)'],
  { detached: true, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, LAUNCHER_PID: String(process.pid) } })
console.log('child ' + child.pid)
setInterval(() => {}, 1000)`,
    )
    const launcher = spawn(process.execPath, [launcherFile], { cwd: PROJECT, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    launcher.stdout.on('data', (text) => (output += text))
    await vi.waitFor(() => expect(output).toMatch(/up/), waiting)
    const child = Number(/child (\d+)/.exec(output)?.[1])
    expect(isAlive(child)).toBe(true)
    launcher.kill('SIGKILL')
    await vi.waitFor(() => expect(isAlive(child)).toBe(false), waiting)
    rmSync(folder, { recursive: true, force: true })
  })
})
