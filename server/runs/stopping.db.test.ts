import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemScope } from '#server/auth/gate'
import { makeScene } from '#server/budgets/testing'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { queue, stopQueue } from '#server/platform/queue/queue'
import { until } from '#server/platform/queue/testing'
import { cancelRequirement } from '#server/requirements/commands'
import { sandboxRunner } from '#server/sandbox/registry'
import { workAssignment } from './assignment'
import { executeRun } from './execute'
import { stopWatching } from './watch'

beforeAll(async () => {
  await queue()
  setEnvironmentVariable('ORCHESTRATOR_DATA', await mkdtemp(join(tmpdir(), 'orchestrator-stopping-')))
  setEnvironmentVariable('SCRIPTED_URL', 'http://127.0.0.1:9')
  await sandboxRunner()
})
afterAll(async () => {
  await stopWatching()
  await stopQueue()
})

/** Processes of the machine whose command line holds this mark. */
async function processesWith(mark: string): Promise<number> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line.includes(mark)).length
}

/** A journal whose last turn asked for a command that does not end by itself. */
async function withCommand(runId: string, command: string): Promise<void> {
  await database().turn.create({
    data: {
      runId,
      number: 1,
      requestHash: 'h',
      provider: 'anthropic',
      model: 'scripted-implementer',
      stop: 'tool_use',
      content: [],
      text: '',
      inputTokens: 1,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 1,
      startedAt: new Date(),
      toolCalls: {
        create: [
          { runId, position: 0, callId: 'c', name: 'run_command', input: { value: { command, timeout_seconds: 600 } } },
        ],
      },
    },
  })
}

const CANCELS = 12
const AT_ONCE = 3

test('cancels and pauses of running commands: each is stopped within two seconds, and no process survives', async () => {
  const times: number[] = []
  const mark = `9${Math.floor(Math.random() * 1e9)}`
  const one = async (index: number): Promise<void> => {
    const scene = await makeScene(1, { providerMode: 'scripted', status: 'queued' })
    const [runId = ''] = scene.runs
    const scope = systemScope(scene.organizationId)
    // Not a first start, so that the journal is read.
    await database().run.update({ where: { id: runId }, data: { lease: 1 } })
    const own = `${mark}${10 + index}`
    await withCommand(runId, `sleep ${own} & sleep ${own}; true`)
    const options = { worker: 'w', signal: new AbortController().signal, assignmentFor: workAssignment }
    const done = executeRun(scope, runId, options)
    await until(async () => (await processesWith(own)) > 0)
    const before = performance.now()
    if (index % 2 === 0) await cancelRequirement(scope, { requirementId: scene.requirementId })
    else await database().run.update({ where: { id: runId }, data: { status: 'paused' } })
    await done
    times.push(performance.now() - before)
    expect(await processesWith(own)).toBe(0)
    const run = await database().run.findUniqueOrThrow({ where: { id: runId } })
    expect(run.status).toBe(index % 2 === 0 ? 'cancelled' : 'paused')
  }
  const left = Array.from({ length: CANCELS }, (_, index) => index)
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) await one(next)
    }),
  )
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0
  console.info(`stopping ${CANCELS} commands: p50 ${at(0.5).toFixed(0)} ms, p95 ${at(0.95).toFixed(0)} ms`)
  expect(at(0.95)).toBeLessThan(2_000)
  expect(await processesWith(mark)).toBe(0)
})

test('a pause that is lifted goes on: a command that was cut is told as unknown', async () => {
  const scene = await makeScene(1, { providerMode: 'scripted', status: 'queued' })
  const [runId = ''] = scene.runs
  await database().run.update({ where: { id: runId }, data: { lease: 1 } })
  await withCommand(runId, 'sleep 777771')
  const start = () =>
    executeRun(systemScope(scene.organizationId), runId, {
      worker: 'w',
      signal: new AbortController().signal,
      assignmentFor: workAssignment,
    })
  const first = start()
  await until(async () => (await processesWith('777771')) > 0)
  await database().run.update({ where: { id: runId }, data: { status: 'paused' } })
  await first
  await database().run.update({ where: { id: runId }, data: { status: 'queued' } })
  await start() // no provider answers at the address: the attempt ends or waits, after the call was settled
  const call = await database().toolCall.findFirstOrThrow({ where: { runId } })
  expect([call.state, call.output]).toEqual(['unknown', expect.stringContaining('may have had no effect')])
})
