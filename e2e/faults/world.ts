import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PROJECT } from '#server/cli/project'
import { closeDatabase } from '#server/platform/database/client'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#server/platform/database/embedded'
import { migrate } from '#server/platform/database/migrate'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { stopQueue } from '#server/platform/queue/queue'
import type { JournalEntry } from '#server/scripted/journal'
import { ChaosProxy } from './chaos-proxy'
import { Witness } from './processes'
import { Program } from './program'
import { Random } from './random'

/** A worker or web server with proxies of its own, so that a fault may meet one of them alone. */
export interface Place {
  name: string
  program: Program
  database: ChaosProxy
  provider: ChaosProxy
}

/** Seconds of silence after which a model call is given up: shorter than in use, so that silence can be tried. */
export const IDLE_SECONDS = 4
const MILLISECONDS_OF_PACE = 2
/** When a turn was stored is asked of Postgres: a worker's own clock may be off. */
const SETTINGS = { track_commit_timestamp: 'on' }

/**
 * The product as real processes: an embedded Postgres, two workers, two web servers, the scripted provider, and a proxy
 * on each way that a fault may travel. One world is used for many faults; `heal` makes it whole again in between.
 */
export class World {
  readonly random: Random
  readonly folder: string
  readonly workers: Place[] = []
  readonly webs: Place[] = []
  readonly witness = new Witness()
  postgres: EmbeddedPostgres
  scripted!: { url: string; program: Program }
  readonly #environment: Record<string, string>
  readonly #logs: string

  private constructor(seed: number, folder: string, postgres: EmbeddedPostgres, logs: string) {
    this.random = new Random(seed)
    this.folder = folder
    this.postgres = postgres
    this.#logs = logs
    this.#environment = {
      ORCHESTRATOR_DATA: folder,
      NEXTAUTH_SECRET: randomBytes(32).toString('base64'),
      NEXTAUTH_URL: 'http://localhost:3000',
      ORCHESTRATOR_KEY: randomBytes(32).toString('base64'),
      PROVIDER_IDLE_SECONDS: String(IDLE_SECONDS),
      LOG_LEVEL: 'info',
    }
  }

  static async open(seed: number): Promise<World> {
    for (const name of ['DATABASE_URL', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'DEEPSEEK_API_KEY', 'NEXTAUTH_URL']) {
      setEnvironmentVariable(name, undefined)
    }
    const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-faults-'))
    chmodSync(folder, 0o711) // Postgres' account has to reach its cluster in it
    const logs = path.join(PROJECT, '.data', 'test-reports', 'faults')
    rmSync(logs, { recursive: true, force: true })
    mkdirSync(logs, { recursive: true })
    const postgres = await startEmbeddedPostgres({ folder, port: 0, settings: SETTINGS })
    const world = new World(seed, folder, postgres, logs)
    await world.#start()
    return world
  }

  async #start(): Promise<void> {
    await migrate(this.postgres.url, PROJECT)
    setEnvironmentVariable('DATABASE_URL', this.postgres.url)
    for (const [name, value] of Object.entries(this.#environment)) setEnvironmentVariable(name, value)
    setEnvironmentVariable('LOG_LEVEL', 'silent') // of this process; the others write files
    await this.#startScripted()
    setEnvironmentVariable('SCRIPTED_URL', this.scripted.url)
    await this.addWorker()
    await this.addWorker()
    for (const name of ['web-1', 'web-2']) this.webs.push(await this.#place(name, 'web'))
    await this.#allReady()
    this.witness.start(() => this.workers.map(({ program }) => program.pid))
  }

  async #allReady(): Promise<void> {
    await Promise.all([...this.workers, ...this.webs].map(({ program }) => program.ready))
  }

  async #startScripted(): Promise<void> {
    const program = new Program({
      name: 'scripted',
      args: ['--import', 'tsx', 'server/scripted/main.ts'],
      environment: { SCRIPTED_CONTROL: '1', SCRIPTED_PORT: '0', SCRIPTED_PACE_MS: String(MILLISECONDS_OF_PACE) },
      ready: /"url"/,
      logFile: path.join(this.#logs, 'scripted.log'),
    })
    const { url } = JSON.parse(await program.ready) as { url: string }
    this.scripted = { url, program }
  }

  async #place(name: string, kind: 'worker' | 'web', extra: Record<string, string> = {}): Promise<Place> {
    const random = () => this.random.next()
    const database = await ChaosProxy.start(() => ({ host: '127.0.0.1', port: this.#databasePort() }), random)
    const provider = await ChaosProxy.start(
      () => ({ host: '127.0.0.1', port: Number(new URL(this.scripted.url).port) }),
      random,
    )
    const place = { name, database, provider }
    return { ...place, program: this.#spawn(place, kind, extra) }
  }

  #databasePort(): number {
    return Number(new URL(this.postgres.url).port)
  }

  #spawn(place: Omit<Place, 'program'>, kind: 'worker' | 'web', extra: Record<string, string>): Program {
    const url = new URL(this.postgres.url)
    url.port = String(place.database.port)
    const { NODE_IMPORT, ...more } = extra
    const file = kind === 'worker' ? 'server/worker/main.ts' : 'e2e/faults/web-program.ts'
    const preload = NODE_IMPORT ? ['--import', NODE_IMPORT] : []
    return new Program({
      name: place.name,
      args: [...preload, '--import', 'tsx', file],
      environment: {
        ...this.#environment,
        DATABASE_URL: url.href,
        SCRIPTED_URL: `http://127.0.0.1:${place.provider.port}`,
        ORCHESTRATOR_PROCESS: place.name,
        ...more,
      },
      ready: kind === 'worker' ? /worker is ready/ : /web is ready on/,
      logFile: path.join(this.#logs, `${place.name}.log`),
    })
  }

  /** One more worker. @param extra environment of its own; NODE_IMPORT names a module that it loads first */
  async addWorker(extra: Record<string, string> = {}): Promise<Place> {
    const place = await this.#place(`worker-${this.workers.length + 1}`, 'worker', extra)
    this.workers.push(place)
    return place
  }

  /** Takes a worker away again that a fault had added. */
  async removeWorker(place: Place): Promise<void> {
    await place.program.stop()
    this.workers.splice(this.workers.indexOf(place), 1)
    await Promise.all([place.database.close(), place.provider.close()])
  }

  /** Starts a process that has ended once more, in its place. */
  async restart(place: Place, extra: Record<string, string> = {}): Promise<void> {
    place.program = this.#spawn(place, this.webs.includes(place) ? 'web' : 'worker', extra)
    await place.program.ready
  }

  /** Everything runs, nothing is disturbed. */
  async heal(): Promise<void> {
    for (const place of [...this.workers, ...this.webs]) {
      place.database.toxic = {}
      place.provider.toxic = {}
      place.program.signal('SIGCONT')
    }
    await this.faults([])
    const gone = [...this.workers, ...this.webs].filter(({ program }) => program.ended !== null)
    await Promise.all(gone.map((place) => this.restart(place)))
  }

  /** Processes that ended although nobody asked them to. */
  crashed(): string[] {
    return [...this.workers, ...this.webs].filter(({ program }) => program.unasked).map(({ name }) => name)
  }

  /** The worker that has this run in hand, by what the run's row says. */
  workerOf(worker: string | null): Place | undefined {
    return this.workers.find(({ program }) => worker?.endsWith(`:${program.pid}`))
  }

  /** What the scripted provider does wrong next. */
  async faults(queue: object[]): Promise<void> {
    const response = await fetch(`${this.scripted.url}/__control`, { method: 'POST', body: JSON.stringify({ queue }) })
    if (!response.ok) throw new Error(`the scripted provider refused faults: ${await response.text()}`)
  }

  async journal(): Promise<JournalEntry[]> {
    const response = await fetch(`${this.scripted.url}/__journal`)
    return (await response.json()) as JournalEntry[]
  }

  /** Where a web server listens; it chooses a port each time it starts. */
  async webAddress(web = 0): Promise<string> {
    const place = this.webs[web % this.webs.length] as Place
    const line = await place.program.ready
    return `http://127.0.0.1:${/ready on (\d+)/.exec(line)?.[1]}`
  }

  /** Postgres ends at once, as by a crash, and starts again on the same data. @returns milliseconds it was away */
  async crashPostgres(awayMs: number): Promise<number> {
    const begin = performance.now()
    const port = this.#databasePort()
    process.kill(this.postgres.pid, 'SIGQUIT')
    await sleep(awayMs)
    for (;;) {
      // The port may still be taken by what is ending.
      const again = await startEmbeddedPostgres({ folder: this.folder, port, settings: SETTINGS }).catch(() => null)
      if (again) {
        this.postgres = again
        return performance.now() - begin
      }
      await sleep(100)
    }
  }

  async close(): Promise<void> {
    this.witness.stop()
    for (const { program } of [...this.workers, ...this.webs]) program.signal('SIGCONT')
    await Promise.all([...this.workers, ...this.webs].map(({ program }) => program.stop()))
    await this.scripted?.program.stop()
    await stopQueue()
    await closeDatabase()
    await Promise.all(
      [...this.workers, ...this.webs].flatMap((place) => [place.database.close(), place.provider.close()]),
    )
    await this.postgres.stop()
    for (const used of [this.postgres.folder, this.folder]) rmSync(used, { recursive: true, force: true })
  }
}
