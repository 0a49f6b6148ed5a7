import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerDecision } from '#server/decisions/commands'
import { database } from '#server/platform/database/client'
import { inheritedEnvironment } from '#server/platform/env/inherited'
import { stopQueue } from '#server/platform/queue/queue'
import { until } from '#server/platform/queue/testing'
import { submitRequirement } from '#server/requirements/commands'
import { isClosed, type RequirementStatus } from '#server/requirements/model'
import { type ScriptedProvider, startScriptedProvider } from '#server/scripted/server'
import { makeProject } from './testing'

let scripted: ScriptedProvider
let dataDir: string
const workers = new Set<ChildProcess>()

beforeAll(async () => {
  scripted = await startScriptedProvider({ port: 0, control: true, paceMs: 1 })
  dataDir = await mkdtemp(join(tmpdir(), 'orchestrator-kill-'))
})
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await stopQueue()
  await scripted?.close()
})

/** A worker as the launcher starts it, in a process of its own. */
function startWorker(): ChildProcess {
  const worker = spawn(process.execPath, ['--import', 'tsx', 'server/worker/main.ts'], {
    env: inheritedEnvironment({ SCRIPTED_URL: scripted.url, ORCHESTRATOR_DATA: dataDir, LOG_LEVEL: 'error' }),
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
  return worker
}

test('a worker killed with -9 in the middle of runs: another one finishes, and no stored turn is paid again', async () => {
  const { scope, projectId } = await makeProject('automatic')
  const text = await readFile('samples/task-board.md', 'utf8')
  const first = startWorker()
  const { id } = await submitRequirement(scope, { projectId, text, source: 'api' })
  const turnsOfWork = () => database().turn.count({ where: { run: { requirementId: id, purpose: 'implement' } } })
  await until(async () => (await turnsOfWork()) >= 4)
  first.kill('SIGKILL')
  const inHand = await database().run.findMany({
    where: { requirementId: id, status: 'running' },
    select: { id: true },
  })
  const interrupted = new Set(inHand.map((run) => run.id))
  startWorker()
  const ended = await until(async () => {
    for (const decision of await database().decision.findMany({ where: { requirementId: id, status: 'open' } })) {
      await answerDecision(scope, { decisionId: decision.id, option: decision.recommended as string, comment: '' })
    }
    const row = await database().requirement.findUniqueOrThrow({ where: { id } })
    return isClosed(row.status as RequirementStatus) ? row : null
  })
  expect({ status: ended.status, reason: ended.statusReason }).toMatchObject({ status: 'done' })
  expect(interrupted.size).toBeGreaterThan(0)

  // What is stored was asked for once: the provider's own journal says so. Only a request that was under way when its
  // worker died, and so was not stored, may have been made again: at most one for each run it had in hand.
  const turns = await database().turn.findMany({ where: { run: { requirementId: id } } })
  const runs = [...new Set(turns.map((turn) => turn.runId))]
  for (const run of runs) {
    const stored = turns.filter((turn) => turn.runId === run).length
    const asked = scripted.journal().filter((entry) => entry.runId === run && entry.status === 200)
    const different = new Set(asked.map((entry) => entry.requestHash)).size
    expect(different).toBe(stored)
    expect(asked.length - stored).toBeLessThanOrEqual(interrupted.has(run) ? 1 : 0)
  }
})
