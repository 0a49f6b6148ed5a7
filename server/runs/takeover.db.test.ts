import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemScope } from '#server/auth/gate'
import { makeScene } from '#server/budgets/testing'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { queue, stopQueue } from '#server/platform/queue/queue'
import { workAssignment } from './assignment'
import { executeRun } from './execute'
import { stopWatching } from './watch'

beforeAll(async () => {
  setEnvironmentVariable('ORCHESTRATOR_DATA', await mkdtemp(join(tmpdir(), 'orchestrator-takeover-')))
  // Nobody answers here: the run ends after the calls of its stored turn, before the next one.
  setEnvironmentVariable('SCRIPTED_URL', 'http://127.0.0.1:9')
  await queue()
})
afterAll(async () => {
  await stopWatching()
  await stopQueue()
})

const calls = [
  { name: 'write_file', input: { path: 'a.txt', content: 'one two' } },
  { name: 'patch_file', input: { path: 'a.txt', search: 'two', replace: 'three' } },
  { name: 'emit_signal', input: { kind: 'innovation', title: 'An idea', detail: '' } },
  { name: 'run_command', input: { command: 'echo again >> log.txt', timeout_seconds: 10 } },
  { name: 'read_file', input: { path: 'a.txt' } },
]

test('a worker dies between what a call did and its record: nothing is done twice, and what nobody knows is told', async () => {
  const scene = await makeScene(1, { providerMode: 'scripted', status: 'queued' })
  const [runId = ''] = scene.runs
  await database().run.update({ where: { id: runId }, data: { lease: 1 } })
  await database().turn.create({
    data: {
      ...{ runId, number: 1, requestHash: 'h', provider: 'anthropic', model: 'scripted-implementer' },
      ...{ stop: 'tool_use', content: [], text: '', startedAt: new Date() },
      ...{ inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 },
      toolCalls: {
        create: calls.map(({ name, input }, position) => ({
          ...{ runId, position, callId: `c${position}`, name, input: { value: input } },
        })),
      },
    },
  })
  const start = () =>
    executeRun(systemScope(scene.organizationId), runId, {
      worker: 'w',
      signal: new AbortController().signal,
      assignmentFor: workAssignment,
    })
  await start()
  // As if the worker had died after the effects and before their records.
  await database().toolCall.updateMany({ where: { runId }, data: { state: 'running', output: null, endedAt: null } })
  await database().run.update({ where: { id: runId }, data: { status: 'running', endedAt: null, errorCode: null } })
  await start()
  const rows = await database().toolCall.findMany({ where: { runId }, orderBy: { position: 'asc' } })
  // Without the comparison the patch would find "two" again in a file written anew, or fail in one that was not.
  expect(rows.map(({ name, state }) => [name, state])).toEqual([
    ['write_file', 'done'],
    ['patch_file', 'done'],
    ['emit_signal', 'done'],
    ['run_command', 'unknown'],
    ['read_file', 'done'],
  ])
  expect(rows.at(-1)?.output).toBe('one three')
  expect(await database().event.count({ where: { runId, type: 'run.signalled' } })).toBe(1)
})
