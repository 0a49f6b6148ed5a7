import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { PROJECT } from '#server/cli/project'
import { inheritedEnvironment } from '#server/platform/env/inherited'

export interface ProgramPlan {
  name: string
  args: string[]
  environment: Record<string, string | undefined>
  /** the line that says it can be used */
  ready: RegExp
  logFile: string
}

/** A process of the product, in a process group of its own, that nobody starts again behind our back. */
export class Program {
  readonly plan: ProgramPlan
  readonly child: ChildProcess
  readonly pid: number
  /** the line that `ready` found */
  readonly ready: Promise<string>
  /** set once it has ended */
  ended: string | null = null
  /** an end that nobody asked for */
  unasked = false
  #asked = false

  constructor(plan: ProgramPlan) {
    this.plan = plan
    this.child = spawn(process.execPath, plan.args, {
      cwd: PROJECT,
      env: inheritedEnvironment({ LAUNCHER_PID: String(process.pid), ...plan.environment }),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.pid = this.child.pid as number
    this.ready = this.#untilReady()
    this.ready.catch(() => {})
    this.child.once('exit', (code, signal) => {
      this.ended = String(signal ?? code)
      this.unasked = !this.#asked
    })
  }

  #untilReady(): Promise<string> {
    return new Promise((resolve, reject) => {
      let rest = ''
      const read = (text: string) => {
        appendFileSync(this.plan.logFile, text)
        rest += text
        const lines = rest.split('\n')
        rest = lines.pop() ?? ''
        const line = lines.find((candidate) => this.plan.ready.test(candidate))
        if (line !== undefined) resolve(line)
      }
      for (const stream of [this.child.stdout, this.child.stderr]) stream?.setEncoding('utf8').on('data', read)
      this.child.once('exit', (code) =>
        reject(new Error(`${this.plan.name} ended with ${code} before it was ready; see ${this.plan.logFile}`)),
      )
    })
  }

  signal(name: NodeJS.Signals): void {
    if (name !== 'SIGSTOP' && name !== 'SIGCONT') this.#asked = true
    if (this.ended === null) this.child.kill(name)
  }

  /** kill -9 of this process alone: what it started is not told. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#untilEnded(10_000)
  }

  /** SIGTERM, as a deploy does. @returns milliseconds that it took */
  async stop(limitMs = 15_000): Promise<number> {
    const begin = performance.now()
    this.signal('SIGTERM')
    await this.#untilEnded(limitMs)
    if (this.ended === null) await this.kill()
    return performance.now() - begin
  }

  async #untilEnded(limitMs: number): Promise<void> {
    if (this.ended !== null) return
    let timer: NodeJS.Timeout | undefined
    await Promise.race([
      new Promise<void>((resolve) => this.child.once('exit', () => resolve())),
      new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs))),
    ])
    clearTimeout(timer)
  }
}
