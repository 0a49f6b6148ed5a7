import { existsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { AppError, messageOf } from '#server/kernel/app-error'
import { startEmbeddedPostgres } from '#server/platform/database/embedded'
import { migrate } from '#server/platform/database/migrate'
import { environmentVariable, inheritedEnvironment, setEnvironmentVariable } from '#server/platform/env/inherited'
import { webEnvironment } from '#server/platform/env/web'
import { inTurn } from '#server/platform/process/turn'
import { installationSecrets } from './installation-secrets'
import { checkGit, checkNode, ensureBubblewrap, type Finding } from './machine'
import { readableLogLine } from './output'
import { nextFreePort } from './ports'
import { PROJECT, packageFile } from './project'
import { type ProcessPlan, Supervisor } from './supervisor'
import { ensureBuilt } from './web-build'

export interface ProductOptions {
  /** Port of the web server; the next free one when taken. Default: PORT, else 3000. */
  port?: number | undefined
  /** Everything the installation keeps. Default: ORCHESTRATOR_DATA, else `.data` in the project. */
  dataDir?: string | undefined
  /** `development` watches the sources; `production` builds first. */
  mode?: 'production' | 'development'
  /** Build when the sources changed; without it, what is built is used. Default true. */
  build?: boolean
  /** More variables for the processes, for example a provider's address in a test. */
  environment?: Record<string, string | undefined>
  /** Progress and the processes' log lines, `source` being `start` or the process. */
  onLine?: (source: string, line: string) => void
  /** Gives up starting (and undoes what was started) when aborted. */
  signal?: AbortSignal
}

export interface Product {
  /** Where people open it. */
  url: string
  /** A link that signs the first person in, once; `null` when there is somebody already. */
  setupUrl: string | null
  dataDir: string
  databaseUrl: string
  /** Where the embedded Postgres keeps its cluster (not always in the data folder); absent with DATABASE_URL. */
  databaseFolder: string | undefined
  /** Process ids of the running processes by name. */
  idOf: (name: 'web' | 'worker' | 'scripted') => number | undefined
  /** Stops web and worker, then what they use, then the database. */
  stop: () => Promise<void>
  /** Ends everything at once. */
  kill: () => void
  /** Resolves with a sentence when a process could not be kept running. */
  failed: Promise<string>
}

const READY_LIMIT_MS = 120_000

type Log = (line: string) => void

/** Fills the environment from `.env.local` and `.env`; what is set already stays. */
export function loadEnvironmentFiles(): void {
  for (const name of ['.env.local', '.env']) {
    const file = path.join(PROJECT, name)
    if (existsSync(file)) process.loadEnvFile(file)
  }
}

async function checkMachine(log: Log): Promise<void> {
  const findings: Finding[] = [checkNode(), checkGit(), await ensureBubblewrap(log)]
  const missing = findings.filter((finding) => finding.state === 'missing')
  if (missing.length > 0) {
    const message = missing.map((finding) => finding.message).join(' ')
    throw new AppError({ code: 'machine-unsuitable', kind: 'unavailable', message })
  }
  for (const finding of findings) if (finding.state === 'limited') log(finding.message)
}

async function prepareWeb({ build = true, onLine = () => {}, signal }: ProductOptions): Promise<void> {
  if (build) {
    await ensureBuilt({ projectFolder: PROJECT, onLine: (line) => onLine('build', line), signal })
  } else if (!existsSync(path.join(PROJECT, '.next', 'BUILD_ID'))) {
    const message = 'The web interface has not been built here yet: start once without --no-build.'
    throw new AppError({ code: 'not-built', kind: 'unavailable', message })
  }
}

interface OpenDatabase {
  url: string
  folder?: string
  stop: () => Promise<void>
}

/** The given database, or the embedded one, brought to the present schema. */
async function openDatabase(dataDir: string, log: Log): Promise<OpenDatabase> {
  const given = environmentVariable('DATABASE_URL')
  const database: OpenDatabase = given
    ? { url: given, stop: async () => {} }
    : await startEmbeddedPostgres({ folder: dataDir, log }).then((embedded) => {
        if (embedded.origin === 'shared') log('Joined the database of another running `npm start` on this data folder.')
        if (embedded.origin === 'adopted') log('Took over the database of a launcher that was killed.')
        return embedded
      })
  try {
    const { applied } = await migrate(database.url, PROJECT)
    if (applied.length > 0) log(`Database brought up to date (${applied.length} migrations)`)
    return database
  } catch (error) {
    await database.stop()
    throw error
  }
}

const tsx = packageFile('tsx/dist/cli.mjs')
const next = packageFile('next/dist/bin/next')
const follow = pathToFileURL(path.join(import.meta.dirname, 'follow.ts')).href

/** The processes of the product. The scripted provider outlives the worker, whose running calls may still need it. */
function processPlans(mode: string, port: number, host: string, environment: NodeJS.ProcessEnv): ProcessPlan[] {
  const development = mode === 'development'
  // in development it is the watcher that follows us: it stays when the program it watches has crashed
  const watcher = development ? [tsx, 'watch', '--clear-screen=false'] : []
  const program = (file: string) => ['--import', 'tsx', '--import', follow, ...watcher, file]
  const environmentOf = (name: string) => ({ ...environment, ORCHESTRATOR_PROCESS: name })
  const web = [next, development ? 'dev' : 'start', '-p', String(port), '-H', host]
  return [
    {
      name: 'scripted',
      args: program('server/scripted/main.ts'),
      environment: environmentOf('scripted'),
      stopStage: 2,
    },
    { name: 'web', args: web, environment: environmentOf('web'), stopStage: 1 },
    { name: 'worker', args: program('server/worker/main.ts'), environment: environmentOf('worker'), stopStage: 1 },
  ]
}

async function untilHealthy(url: string, failed: Promise<string>, signal?: AbortSignal): Promise<void> {
  let failure: string | undefined
  void failed.then((reason) => (failure = reason))
  const deadline = Date.now() + READY_LIMIT_MS
  let last = 'no answer'
  while (Date.now() < deadline && !failure) {
    signal?.throwIfAborted()
    try {
      const response = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(10_000) })
      if (response.ok) return
      last = `answer ${response.status}`
    } catch (error) {
      last = messageOf(error)
    }
    await sleep(150)
  }
  const message = failure ?? `The web server did not become healthy within ${READY_LIMIT_MS / 1000} s (${last}).`
  throw new AppError({ code: 'start-failed', kind: 'unavailable', message })
}

/** A one-time link for the first person, made by the room that knows people; on a connection that is closed again. */
async function firstSignIn(url: string): Promise<string | null> {
  const { createSetupLink } = await import('#server/auth/setup')
  const { closeDatabase } = await import('#server/platform/database/client')
  try {
    const link = await createSetupLink()
    return link === null ? null : new URL(link, url).href
  } finally {
    await closeDatabase()
  }
}

interface Prepared {
  environment: NodeJS.ProcessEnv
  url: string
  port: number
  host: string
}

/** What the processes get to know, the launcher itself included (it makes the first sign-in link). */
async function prepareEnvironment(options: ProductOptions, dataDir: string, databaseUrl: string): Promise<Prepared> {
  const { PORT, HOST: host } = webEnvironment()
  const port = await nextFreePort(options.port ?? PORT, host)
  const scriptedPort = await nextFreePort(port + 1000, '127.0.0.1')
  const url = `http://${host === '127.0.0.1' || host === '0.0.0.0' ? 'localhost' : host}:${port}`
  const own: Record<string, string | undefined> = {
    ...installationSecrets(dataDir),
    DATABASE_URL: databaseUrl,
    ORCHESTRATOR_DATA: dataDir,
    NEXTAUTH_URL: environmentVariable('NEXTAUTH_URL') ?? url,
    SCRIPTED_PORT: String(scriptedPort),
    SCRIPTED_URL: environmentVariable('SCRIPTED_URL') ?? `http://127.0.0.1:${scriptedPort}`,
    PORT: String(port),
    HOST: host,
    LAUNCHER_PID: String(process.pid),
    NEXT_TELEMETRY_DISABLED: '1',
    NODE_ENV: options.mode === 'development' ? 'development' : 'production',
    ...options.environment,
  }
  return { environment: inheritedEnvironment(own), url, port, host }
}

/** Lets the launcher itself use the rooms, as `createSetupLink` does. One installation per launcher process. */
function adoptEnvironment(environment: NodeJS.ProcessEnv): void {
  for (const name of ['DATABASE_URL', 'ORCHESTRATOR_DATA', 'NEXTAUTH_URL', 'NEXTAUTH_SECRET', 'ORCHESTRATOR_KEY']) {
    setEnvironmentVariable(name, environment[name])
  }
}

/**
 * Starts the whole product and resolves when it can be used: checks the machine, opens the database, applies
 * migrations, builds the web interface if its sources changed, starts scripted provider, web server and worker, and
 * waits for `GET /api/health`. Starting again on the same data folder goes on where the last one stopped. Of several that
 * start on one data folder at the same moment, each waits for the one before it.
 * @throws AppError when something it needs is missing; what was started is stopped again
 */
export function startProduct(options: ProductOptions = {}): Promise<Product> {
  const { onLine = () => {}, signal } = options
  const log: Log = (line) => onLine('start', line)
  const dataDir = path.resolve(PROJECT, options.dataDir ?? environmentVariable('ORCHESTRATOR_DATA') ?? '.data')
  const onWait = () => log('Waiting until another start on this data folder is through.')
  // Secrets, migrations and ports would collide as well: the second one finds all of them there, and takes other ports.
  return inTurn(path.join(dataDir, 'starts'), () => start(options, dataDir, log), { onWait, signal })
}

async function start(options: ProductOptions, dataDir: string, log: Log): Promise<Product> {
  const { mode = 'production', onLine = () => {}, signal } = options
  await checkMachine(log)
  if (mode === 'production') await prepareWeb(options)
  signal?.throwIfAborted()
  const database = await openDatabase(dataDir, log)
  let giveUp: (reason: string) => void = () => {}
  const failed = new Promise<string>((resolve) => (giveUp = resolve))
  const supervisor = new Supervisor({
    folder: PROJECT,
    logFolder: path.join(dataDir, 'logs'),
    onLine: (name, line) => onLine(name, readableLogLine(line)),
    onExit: (name, reason, again) => {
      log(`${name} ended (${reason})${again ? ', starting it again' : ''}`)
      if (!again)
        giveUp(`${name} could not be kept running; its last lines are in ${path.join(dataDir, 'logs', `${name}.log`)}.`)
    },
  })
  const stop = async () => {
    await supervisor.stop()
    await database.stop()
  }
  try {
    const { environment, url, port, host } = await prepareEnvironment({ ...options, mode }, dataDir, database.url)
    adoptEnvironment(environment)
    for (const plan of processPlans(mode, port, host, environment)) supervisor.start(plan)
    await untilHealthy(url, failed, signal)
    const setupUrl = await firstSignIn(environment.NEXTAUTH_URL ?? url)
    const idOf = (name: string) => supervisor.idOf(name)
    const kill = () => supervisor.kill()
    const { url: databaseUrl, folder: databaseFolder } = database
    return { url, setupUrl, dataDir, databaseUrl, databaseFolder, idOf, stop, kill, failed }
  } catch (error) {
    await stop()
    throw error
  }
}
