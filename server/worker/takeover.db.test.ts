import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { type ChaosProxy, startChaosProxy } from '#server/platform/database/testing-proxy'
import { environmentVariable, inheritedEnvironment } from '#server/platform/env/inherited'
import { JOBS_CHANNEL, stopQueue } from '#server/platform/queue/queue'
import { until } from '#server/platform/queue/testing'
import { submitRequirement } from '#server/requirements/commands'
import { type ScriptedProvider, startScriptedProvider } from '#server/scripted/server'
import { makeProject } from './testing'

let scripted: ScriptedProvider
let proxy: ChaosProxy
let dataDir: string
const workers = new Set<ChildProcess>()

beforeAll(async () => {
  // Slow enough that a run is still under way whatever happens to its worker.
  scripted = await startScriptedProvider({ port: 0, control: true, paceMs: 400 })
  dataDir = await mkdtemp(join(tmpdir(), 'orchestrator-takeover-'))
  proxy = await startChaosProxy(environmentVariable('DATABASE_URL') as string)
})
afterEach(async () => {
  await Promise.all([...workers].map(end))
  proxy.cut()
  proxy.set({})
})
afterAll(async () => {
  await stopQueue()
  await proxy?.close()
  await scripted?.close()
})

/** A worker as the launcher starts it, in a process of its own. */
function startWorker(environment: Record<string, string> = {}): ChildProcess {
  const settings = { SCRIPTED_URL: scripted.url, ORCHESTRATOR_DATA: dataDir, LOG_LEVEL: 'fatal', ...environment }
  const worker = spawn(process.execPath, ['--import', 'tsx', 'server/worker/main.ts'], {
    env: inheritedEnvironment(settings),
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
  return worker
}

function end(worker: ChildProcess): Promise<unknown> {
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  worker.kill('SIGKILL')
  return ended
}

/** Submits so many small requirements; their runs, once each of the workers has one in hand. */
async function runsInHand(firsts: ChildProcess[]) {
  const ids: string[] = []
  for (const _ of firsts) {
    const { scope, projectId } = await makeProject('automatic')
    const text = '# Slugs\n\n- `slugify("Hello World")` returns `"hello-world"`.\n'
    ids.push((await submitRequirement(scope, { projectId, text, source: 'api' })).id)
  }
  const runs = await until(async () => {
    const found = await database().run.findMany({ where: { requirementId: { in: ids }, status: 'running' } })
    return new Set(found.map((run) => run.worker)).size === firsts.length ? found : null
  })
  return firsts.map((worker) => runs.find((run) => isHeldBy(run, worker)) as (typeof runs)[0])
}

const isHeldBy = (run: { worker: string | null }, worker: ChildProcess) =>
  run.worker?.endsWith(`:${worker.pid}`) === true

const load = (id: string) => database().run.findUniqueOrThrow({ where: { id } })

/** Until so many worker processes listen for jobs. */
const listening = (count: number) =>
  until(async () => {
    const [row] = await database().$queryRaw<{ count: number }[]>`
      select count(*)::int from pg_stat_activity
      where application_name = ${`listener ${JOBS_CHANNEL}`} and datname = current_database()`
    return row?.count === count
  })

/** Seconds since the last heartbeat of the job of a run. */
async function sinceBeat(runId: string): Promise<number> {
  const [row] = await database().$queryRaw<{ ago: number | null }[]>`
    select extract(epoch from clock_timestamp() - max(heartbeat_on))::float8 as ago from pgboss.job
    where data ->> 'runId' = ${runId} and state = 'active'`
  return row?.ago ?? 0
}

test('workers killed, frozen and cut off: another has their runs within 15 s of the last heartbeat; zombies change nothing', async () => {
  const killed = startWorker({ WORKER_SLOTS: '1' })
  const frozen = startWorker({ WORKER_SLOTS: '1' })
  const cut = startWorker({ WORKER_SLOTS: '1', DATABASE_URL: proxy.url })
  await listening(3)
  const firsts = [killed, frozen, cut]
  const runs = await runsInHand(firsts)
  const next = startWorker()
  await listening(4)
  killed.kill('SIGKILL')
  frozen.kill('SIGSTOP')
  proxy.freeze()
  proxy.set({ refuse: true })
  const begun = performance.now()
  const taken = await Promise.all(
    runs.map(async (run, index) => {
      const ago = await sinceBeat(run.id)
      const now = await until(async () => {
        const row = await load(run.id)
        return isHeldBy(row, next) ? row : null
      })
      const seconds = (performance.now() - begun) / 1000 + ago
      const how = ['killed with -9', 'frozen', 'cut from the network'][index]
      process.stdout.write(`${how}: taken over ${seconds.toFixed(1)} s after the last heartbeat\n`)
      expect(seconds, how).toBeLessThan(15)
      expect(now.lease).toBeGreaterThan(run.lease)
      return now
    }),
  )

  // The zombies come back in the middle of the runs: they may neither write to them nor complete their jobs.
  frozen.kill('SIGCONT')
  proxy.set({})
  await Promise.all(
    taken.map(async ({ id, lease, worker }) => {
      const turns = () => database().turn.findMany({ where: { runId: id } })
      const before = (await turns()).length
      await until(async () => (await turns()).length > before || (await load(id)).status !== 'running', 60_000)
      const { lease: leaseNow, worker: workerNow } = await load(id)
      expect({ lease: leaseNow, worker: workerNow }).toEqual({ lease, worker })
      const numbers = (await turns()).map((turn) => turn.number)
      expect(new Set(numbers).size).toBe(numbers.length)
    }),
  )
})

test('a worker that is asked to stop hands its run over: another one has it long before any heartbeat is missed', async () => {
  const first = startWorker()
  await listening(1)
  const [run] = await runsInHand([first])
  const next = startWorker()
  await listening(2)
  const ended = new Promise((resolve) => first.once('exit', (code) => resolve(code)))
  const begun = performance.now()
  first.kill('SIGTERM')
  await until(async () => isHeldBy(await load(run?.id ?? ''), next), 12_000)
  const seconds = (performance.now() - begun) / 1000
  expect(await ended).toBe(0)
  const stopped = (performance.now() - begun) / 1000
  process.stdout.write(`asked to stop: taken over after ${seconds.toFixed(1)} s, ended after ${stopped.toFixed(1)} s\n`)
  expect(seconds).toBeLessThan(8)
  expect(stopped).toBeLessThan(10)
})
