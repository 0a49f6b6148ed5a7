import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, statSync, truncateSync, type WriteStream } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { byLine } from './output'

/** A process the launcher keeps running. */
export interface ProcessPlan {
  name: string
  /** Arguments for Node itself. */
  args: string[]
  environment: NodeJS.ProcessEnv
  /** Processes of a lower stage are stopped first; those of one stage together. */
  stopStage: number
}

export interface SupervisorOptions {
  folder: string
  /** Each process's raw output is kept here, one file each. */
  logFolder: string
  onLine: (name: string, line: string) => void
  /** A process ended although nobody asked it to; `again` says whether it is started once more. */
  onExit: (name: string, reason: string, again: boolean) => void
  /** Milliseconds a process gets to end by itself before it is killed. */
  graceMs?: number
  /** Milliseconds before the first restart; doubled each time. */
  restartDelayMs?: number
}

const LOG_LIMIT_BYTES = 20_000_000
/** A process that lived this long is taken as healthy: its earlier failures are forgotten. */
const HEALTHY_MS = 30_000
const QUICK_FAILURES = 5

interface Running {
  plan: ProcessPlan
  child: ChildProcess | undefined
  failures: number
  log: WriteStream
}

/**
 * Keeps processes running and stops them in order. Each has its own process group, so the terminal's Ctrl-C reaches
 * only the launcher. One that ends unasked is started again, later each time; after five quick failures it is left.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #running = new Map<string, Running>()
  #stopping: Promise<void> | undefined

  constructor(options: SupervisorOptions) {
    this.#options = options
    mkdirSync(options.logFolder, { recursive: true })
  }

  start(plan: ProcessPlan): void {
    const file = path.join(this.#options.logFolder, `${plan.name}.log`)
    if (existsSync(file) && statSync(file).size > LOG_LIMIT_BYTES) truncateSync(file)
    const running: Running = { plan, child: undefined, failures: 0, log: createWriteStream(file, { flags: 'a' }) }
    this.#running.set(plan.name, running)
    this.#spawn(running)
  }

  /** Process id of a running process. */
  idOf(name: string): number | undefined {
    return this.#running.get(name)?.child?.pid
  }

  /** Stops everything, stage by stage; asked twice, it is the same stop. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopStages()
    return this.#stopping
  }

  /** Ends everything at once, without order: the second Ctrl-C. */
  kill(): void {
    for (const { child } of this.#running.values()) if (child) killGroup(child)
  }

  async #stopStages(): Promise<void> {
    const all = [...this.#running.values()]
    const stages = [...new Set(all.map(({ plan }) => plan.stopStage))].sort((a, b) => a - b)
    for (const stage of stages) {
      await Promise.all(all.filter(({ plan }) => plan.stopStage === stage).map((running) => this.#end(running)))
    }
    for (const { log } of all) log.end()
  }

  async #end({ child }: Running): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGTERM')
    const timer = setTimeout(() => killGroup(child), this.#options.graceMs ?? 12_000)
    await ended
    clearTimeout(timer)
    killGroup(child) // what it started itself and left behind
  }

  #spawn(running: Running): void {
    const { plan, log } = running
    const started = Date.now()
    const child = spawn(process.execPath, plan.args, {
      cwd: this.#options.folder,
      env: plan.environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.child = child
    for (const stream of [child.stdout, child.stderr]) {
      const lines = byLine((line) => this.#options.onLine(plan.name, line))
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => {
        if (log.writable) log.write(text)
        lines.push(text)
      })
      stream.on('end', lines.end)
    }
    child.once('error', (error) => this.#options.onLine(plan.name, `could not be started: ${error.message}`))
    child.once('exit', (code, signal) => {
      killGroup(child)
      if (this.#stopping) return
      running.failures = Date.now() - started > HEALTHY_MS ? 1 : running.failures + 1
      void this.#startAgain(running, String(code ?? signal))
    })
  }

  async #startAgain(running: Running, reason: string): Promise<void> {
    const again = running.failures <= QUICK_FAILURES
    this.#options.onExit(running.plan.name, reason, again)
    if (!again) return
    await sleep((this.#options.restartDelayMs ?? 500) * 2 ** (running.failures - 1))
    if (!this.#stopping) this.#spawn(running)
  }
}

/** Kills a process with everything in its group; what is gone already is fine. */
function killGroup(child: ChildProcess): void {
  if (!child.pid) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // nobody left in the group
  }
}
