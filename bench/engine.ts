import { rmSync } from 'node:fs'
import { createAgent } from '#server/agents/commands'
import type { Capability, ConnectorName, Provider } from '#server/agents/model'
import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { PROJECT } from '#server/cli/project'
import { closeDatabase, database } from '#server/platform/database/client'
import { startEmbeddedPostgres } from '#server/platform/database/embedded'
import type { Run } from '#server/platform/database/generated/client'
import { migrate } from '#server/platform/database/migrate'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { Consumer, type JobHandler } from '#server/platform/queue/consumer'
import { Listener } from '#server/platform/queue/listener'
import { startPeriodic } from '#server/platform/queue/periodic'
import { JOBS_CHANNEL, queue, stopQueue } from '#server/platform/queue/queue'
import { createProject } from '#server/projects/commands'
import { executeRun } from '#server/runs/execute'
import type { Assignment } from '#server/runs/ports'
import { stopWatching } from '#server/runs/watch'
import { handlers } from '#server/worker/handlers'
import { periodic } from '#server/worker/periodic'
import { journalTurns } from './no-op'
import { forgetForeignSettings, temporaryFolder } from './product'

/** What a worker process has for itself; `long` grows when a benchmark wants more agents at work than that. */
export const SLOTS = { quick: 4, long: 8, message: 6 }

/** Statements are counted, and commits have times; nothing else differs from what `npm start` runs. */
const SETTINGS = { shared_preload_libraries: 'pg_stat_statements', track_commit_timestamp: 'on' }

export interface Bed {
  url: string
  /** process id of the Postgres server */
  postgres: number
}

/** Runs `work` on a fresh embedded Postgres with the product's tables, and leaves nothing behind. */
export async function withBed(work: (bed: Bed) => Promise<void>): Promise<void> {
  forgetForeignSettings()
  const folder = temporaryFolder()
  const server = await startEmbeddedPostgres({ folder, port: 0, settings: SETTINGS })
  try {
    await migrate(server.url, PROJECT)
    setEnvironmentVariable('DATABASE_URL', server.url)
    setEnvironmentVariable('ORCHESTRATOR_DATA', folder)
    // Nobody listens there: a benchmark that called a model would fail at once.
    setEnvironmentVariable('SCRIPTED_URL', 'http://127.0.0.1:9')
    setEnvironmentVariable('LOG_LEVEL', 'error')
    await database().$executeRawUnsafe('create extension pg_stat_statements')
    await journalTurns()
    await queue({ supervise: true })
    await work({ url: server.url, postgres: server.pid })
  } finally {
    await stopQueue()
    await closeDatabase()
    await server.stop()
    for (const used of [server.folder, folder]) rmSync(used, { recursive: true, force: true })
  }
}

export interface WorkerOptions {
  assignmentFor: (run: Run) => Assignment
  slots?: typeof SLOTS
  /** told when the dispatcher hands a run to its handler */
  onRun?: (runId: string) => void
}

/** The worker's own dispatcher, handlers and regular work, in this process; only what agents do is another thing. */
export async function startWorker({
  assignmentFor,
  slots = SLOTS,
  onRun,
}: WorkerOptions): Promise<() => Promise<void>> {
  const worker = `bench:${process.pid}`
  const execute: JobHandler = async (job, signal) => {
    onRun?.(job.runId as string)
    await executeRun(systemScope(job.organizationId), job.runId as string, { worker, signal, assignmentFor })
  }
  const table = { ...handlers(worker), 'execute-run': execute }
  const listener = new Listener([JOBS_CHANNEL])
  await listener.start()
  const consumer = new Consumer((job, ...rest) => table[job.name](job, ...rest), slots, listener)
  await consumer.start()
  const stopPeriodic = startPeriodic(periodic)
  return async () => {
    stopPeriodic()
    await consumer.stop(10_000)
    await stopWatching()
    await listener.stop()
  }
}

/** An organization of its own with three agents and one project. @param slots runs of tasks at the same time */
export async function makeProject(slots: number): Promise<{ scope: Scope; projectId: string }> {
  const name = `Bench ${crypto.randomUUID().slice(0, 8)}`
  const organization = await database().organization.create({ data: { name, slug: name.replace(' ', '-') } })
  const scope = systemScope(organization.id)
  const agent = (
    role: 'analyst' | 'implementer' | 'validator',
    capability: Capability,
    wire: [ConnectorName, Provider],
  ) =>
    createAgent(scope, {
      name: role,
      role,
      capabilities: [capability],
      connector: wire[0],
      provider: wire[1],
      model: 'none',
      maxConcurrent: role === 'implementer' ? slots : 64,
    })
  await agent('analyst', 'analysis', ['anthropic', 'anthropic'])
  await agent('implementer', 'code', ['openai', 'openai'])
  await agent('validator', 'validation', ['anthropic', 'anthropic'])
  const project = await createProject(scope, { name, providerMode: 'scripted' })
  await database().project.update({ where: { id: project.id }, data: { planApproval: 'automatic' } })
  return { scope, projectId: project.id }
}
