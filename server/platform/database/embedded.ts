import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { AppError, messageOf } from '#server/kernel/app-error'
import { isAlive } from '#server/platform/process/alive'
import { inTurn } from '#server/platform/process/turn'
import { Owners } from './embedded-owners'
import { type PostgresProgram, preparePostgres } from './embedded-program'

export interface EmbeddedPostgres {
  /** Address of the product's own database in it. */
  url: string
  /** Address of another database on the same server. */
  urlOf: (database: string) => string
  /** Where the cluster is: the asked folder, or one in /var/tmp when Postgres' account can't reach that. */
  folder: string
  /** Process id of the server. */
  pid: number
  /** `started` by this call; `adopted` from a launcher that died; `shared` with one that still runs. */
  origin: 'started' | 'adopted' | 'shared'
  /** Stops the server unless others use it still: open connections are cut, nothing committed is lost. */
  stop: () => Promise<void>
}

export interface EmbeddedOptions {
  /** Holds the cluster (`postgres/`), its password, who uses it and its log. */
  folder: string
  database?: string
  /** Tried first; any free port when taken. */
  port?: number
  log?: (line: string) => void
  /** Extra server settings, for example `{ fsync: 'off' }` in tests. */
  settings?: Record<string, string>
}

/** The wanted port when it is free, else any free one. */
function freePort(wanted = 0, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => (wanted ? freePort(0, host).then(resolve, reject) : reject(error)))
    server.listen(wanted, host, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** Runs `work` on a connection of its own. */
async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1500 })
  client.on('error', () => {}) // the awaited call reports it
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

interface Cluster extends PostgresProgram {
  data: string
  passwordFile: string
  owners: Owners
  logFile: string
}

function clusterIn(folder: string): Cluster {
  const prepared = preparePostgres(folder)
  const file = (name: string) => path.join(prepared.folder, name)
  return {
    ...prepared,
    data: file('postgres'),
    passwordFile: file('postgres.password'),
    owners: new Owners(file('postgres.owners')),
    logFile: file('postgres.log'),
  }
}

function createCluster(cluster: Cluster): void {
  const { account, data } = cluster
  rmSync(data, { recursive: true, force: true }) // what an interrupted first start left
  mkdirSync(data, { mode: 0o700 })
  const password = randomBytes(24).toString('hex')
  const handover = path.join(tmpdir(), `orchestrator-${randomUUID()}`)
  writeFileSync(handover, `${password}\n`, { mode: 0o600 })
  if (account) for (const name of [data, handover]) chownSync(name, account.uid, account.gid)
  const locale =
    Number(cluster.major) >= 17
      ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
      : ['--no-locale']
  const options = ['-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', handover, '-E', 'UTF8', ...locale]
  try {
    execFileSync(cluster.program('initdb'), ['-D', data, '--no-sync', ...options], {
      ...cluster.spawnOptions,
      stdio: 'pipe',
    })
    writeFileSync(cluster.passwordFile, password, { mode: 0o600 })
  } catch (error) {
    rmSync(data, { recursive: true, force: true })
    const output = (error as { stderr?: Buffer }).stderr?.toString().trim()
    throw startFailure(`Postgres could not create its data folder ${data}: ${output || messageOf(error)}`)
  } finally {
    rmSync(handover, { force: true })
  }
}

const startFailure = (message: string) => new AppError({ code: 'postgres-start-failed', kind: 'unavailable', message })

/** Creates the cluster on first use; refuses one this program can't open. */
function ensureCluster(cluster: Cluster, log: (line: string) => void): void {
  const versionFile = path.join(cluster.data, 'PG_VERSION')
  if (!existsSync(versionFile) || !existsSync(cluster.passwordFile)) {
    log(`Creating a database (Postgres ${cluster.major}) in ${cluster.data}`)
    createCluster(cluster)
    return
  }
  const created = readFileSync(versionFile, 'utf8').trim()
  if (created === cluster.major) return
  throw startFailure(
    `The data in ${cluster.data} was made by Postgres ${created}, but Postgres ${cluster.major} is installed. Dump it with the old version and restore it, or move the folder away to start empty.`,
  )
}

/** The server that already runs on this cluster, if it answers: another launcher's, or one whose launcher was killed. */
async function findRunning(cluster: Cluster): Promise<{ pid: number; port: number } | null> {
  const file = path.join(cluster.data, 'postmaster.pid')
  if (!existsSync(file)) return null
  const lines = readFileSync(file, 'utf8').split('\n')
  const [pid, port] = [Number(lines[0]), Number(lines[3])]
  if (!pid || !port || !isAlive(pid)) return null
  const deadline = Date.now() + 10_000 // it may just be starting or recovering
  while (Date.now() < deadline && isAlive(pid)) {
    const answered = await withClient(addressOn(cluster, port, 'postgres'), (client) => client.query('select 1')).then(
      () => true,
      () => false,
    )
    if (answered) return { pid, port }
    await sleep(100)
  }
  return null
}

function addressOn(cluster: Cluster, port: number, database: string): string {
  return `postgresql://postgres:${readFileSync(cluster.passwordFile, 'utf8').trim()}@127.0.0.1:${port}/${database}`
}

function spawnServer(cluster: Cluster, port: number, settings: Record<string, string>): ChildProcess {
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '100', ...settings }
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const output = openSync(cluster.logFile, 'a')
  // detached: Ctrl-C in the terminal reaches only the launcher, which stops the product before its database
  const child = spawn(cluster.program('postgres'), ['-D', cluster.data, '-p', String(port), ...options], {
    ...cluster.spawnOptions,
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  child.unref()
  return child
}

async function untilReady(cluster: Cluster, child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + 60_000
  for (;;) {
    try {
      await withClient(addressOn(cluster, port, 'postgres'), (client) => client.query('select 1'))
      return
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) {
        const lastLines = readFileSync(cluster.logFile, 'utf8').slice(-800)
        throw startFailure(
          `The embedded Postgres did not start (${messageOf(error)}). The end of ${cluster.logFile}:\n${lastLines}`,
        )
      }
      await sleep(50)
    }
  }
}

/** "Fast shutdown": running statements are rolled back, committed work is flushed. */
async function stopServer(pid: number): Promise<void> {
  if (isAlive(pid)) process.kill(pid, 'SIGINT')
  const deadline = Date.now() + 30_000
  while (isAlive(pid) && Date.now() < deadline) await sleep(20)
}

/** Creates a database if the server has none of that name. */
async function ensureDatabase(serverUrl: string, database: string): Promise<void> {
  await withClient(serverUrl, async (client) => {
    const found = await client.query('select 1 from pg_database where datname = $1', [database])
    if (found.rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(database)}`)
  })
}

/**
 * Starts the Postgres that comes with the product, or joins the one already running on the same folder. Safe after
 * `kill -9` of either side: Postgres replays its log, and a server without its launcher is adopted. Of several that start
 * at the same moment one does, and the others join it. The last one to stop stops the server.
 * @throws AppError `postgres-missing`, `postgres-account-missing`, `postgres-start-failed`
 */
export function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { folder, log } = options
  const onWait = () => log?.('Waiting for another start of the database on this data folder.')
  return inTurn(path.join(folder, 'postgres.starts'), () => startOrJoin(options), { onWait })
}

async function startOrJoin(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { folder, database = 'orchestrator', log = () => {}, settings = {} } = options
  const cluster = clusterIn(folder)
  ensureCluster(cluster, log)
  const shared = await cluster.owners.enter()
  const found = await findRunning(cluster)
  const { pid, port } = found ?? (await startServer(cluster, options.port, settings))
  const urlOf = (name: string) => addressOn(cluster, port, name)
  await ensureDatabase(urlOf('postgres'), database)
  const stop = async () => {
    if (!cluster.owners.leave()) return log('The database goes on: another launcher on this data folder uses it.')
    await stopServer(pid)
    cluster.owners.stopped()
  }
  const origin = !found ? 'started' : shared ? 'shared' : 'adopted'
  return { url: urlOf(database), urlOf, folder: cluster.folder, pid, origin, stop }
}

async function startServer(cluster: Cluster, wanted = 54_329, settings: Record<string, string>) {
  const port = await freePort(wanted)
  const child = spawnServer(cluster, port, settings)
  await untilReady(cluster, child, port)
  return { pid: child.pid as number, port }
}
