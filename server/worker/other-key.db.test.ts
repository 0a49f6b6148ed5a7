import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gateKey } from '#server/agents/gate'
import { providerStates } from '#server/agents/limits'
import { database } from '#server/platform/database/client'
import { inheritedEnvironment, setEnvironmentVariable } from '#server/platform/env/inherited'
import { queue, stopQueue } from '#server/platform/queue/queue'
import { until } from '#server/platform/queue/testing'
import { look, makeRequirement, makeSetting, tasksOf } from '#server/scheduler/testing/setting'

const OLD = 'sk-test-old-0123456789abcdef'
let dataDir: string
let worker: ChildProcess | undefined

beforeAll(async () => {
  setEnvironmentVariable('OPENAI_API_KEY', OLD)
  dataDir = await mkdtemp(join(tmpdir(), 'orchestrator-other-key-'))
  await queue()
})
afterAll(async () => {
  await stopWorker()
  await stopQueue()
})

/** A worker as the launcher starts it, with this key in its environment; nobody listens where it calls. */
function startWorker(key: string): Promise<unknown> {
  const OPENAI_BASE_URL = 'http://127.0.0.1:9/v1'
  worker = spawn(process.execPath, ['--import', 'tsx', 'server/worker/main.ts'], {
    env: inheritedEnvironment({ OPENAI_API_KEY: key, OPENAI_BASE_URL, ORCHESTRATOR_DATA: dataDir, LOG_LEVEL: 'info' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  worker.stdout?.on('data', (data) => {
    said += data
  })
  return until(async () => said.includes('worker is ready'))
}

async function stopWorker(): Promise<void> {
  const exit = worker && once(worker, 'exit')
  worker?.kill('SIGTERM')
  await exit
  worker = undefined
}

/** A requirement that waits because the key of the environment, by then the old one, takes no calls for minutes. */
async function heldUp() {
  const setting = await makeSetting()
  const { scope, projectId } = setting
  await database().project.update({ where: { id: projectId }, data: { providerMode: 'live' } })
  const openUntil = new Date(Date.now() + 15 * 60_000)
  const gate = { ...gateKey(scope.organizationId, 'openai', OLD), state: 'open', openUntil, failures: 9 }
  await database().providerGate.create({ data: gate })
  const id = await makeRequirement(setting, [{ id: 'T1' }])
  await look(scope, id)
  expect((await tasksOf(id)).T1).toMatchObject({ nextReason: expect.stringMatching(/^Waits for openai until/) })
  return { scope, id, hash: gate.keyHash }
}

const runsOf = (requirementId: string) => database().run.count({ where: { requirementId } })

test('a key of the environment that a restart replaced holds up nobody; one that is still there does', async () => {
  const { scope, id, hash } = await heldUp()
  await startWorker(OLD)
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(await runsOf(id)).toBe(0)
  expect((await providerStates(scope)).flatMap(({ paused }) => paused)).toHaveLength(1)
  await stopWorker()
  await startWorker('sk-test-new-0123456789abcdef')
  await until(async () => (await runsOf(id)) > 0)
  expect(await database().providerGate.count({ where: { keyHash: hash } })).toBe(0)
})
