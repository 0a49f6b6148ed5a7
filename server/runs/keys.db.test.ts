import { randomBytes } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemScope } from '#server/auth/gate'
import type { Scope } from '#server/auth/model'
import { makeScene } from '#server/budgets/testing'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { registerSecret } from '#server/platform/logging/redact'
import { queue, stopQueue } from '#server/platform/queue/queue'
import { insertCredential } from '#server/secrets/repository'
import { workAssignment } from './assignment'
import { executeRun } from './execute'
import { stopWatching } from './watch'

/** What a model would have been sent; it refuses all of it, so the run ends there. */
const asked: string[] = []
const model = createServer(async (request, response) => {
  let body = ''
  for await (const piece of request) body += piece
  asked.push(body)
  response.writeHead(400, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: 'no' } }))
})

beforeAll(async () => {
  await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve))
  setEnvironmentVariable('ORCHESTRATOR_DATA', await mkdtemp(join(tmpdir(), 'orchestrator-keys-')))
  setEnvironmentVariable('ORCHESTRATOR_KEY', randomBytes(32).toString('base64'))
  setEnvironmentVariable('SCRIPTED_URL', `http://127.0.0.1:${(model.address() as AddressInfo).port}`)
  await queue()
})
afterAll(async () => {
  model.close()
  await stopWatching()
  await stopQueue()
})

/** Another process took the key in: this one has never heard of it. */
async function addElsewhere({ organizationId }: Scope, value: string): Promise<void> {
  const key = { provider: 'openai' as const, name: 'ours', value, baseUrl: null }
  await insertCredential(database(), organizationId, organizationId, key)
}

test('a key that a tool comes across reaches neither the journal nor the model; ordinary words do', async () => {
  const scene = await makeScene(1, { providerMode: 'scripted', status: 'queued' })
  const [runId = ''] = scene.runs
  const [front, back] = ['sk-proj-0123456789', 'abcdefghijklmnop']
  await addElsewhere(scene.people.admin.scope, `${front}${back}`)
  registerSecret('postgres') // the password of many a database
  const commands = [
    `printf 'url postgres key %s%s' ${front} ${back} > .env; cat .env`,
    // cut in the middle of the key: what is left of it would not be known any more
    `head -c 9990 /dev/zero | tr '\\0' x; printf '%s%s' ${front} ${back}; head -c 20000 /dev/zero | tr '\\0' y`,
  ]
  await database().turn.create({
    data: {
      ...{ runId, number: 1, requestHash: 'h', provider: 'anthropic', model: 'scripted-implementer' },
      ...{ stop: 'tool_use', content: [], text: '', startedAt: new Date() },
      ...{ inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 },
      toolCalls: {
        create: [
          ...commands.map((command) => ({ name: 'run_command', input: { value: { command, timeout_seconds: 10 } } })),
          { name: 'read_file', input: { value: { path: '.env' } } },
        ].map((call, position) => ({ ...call, runId, position, callId: `c${position}` })),
      },
    },
  })
  await executeRun(systemScope(scene.organizationId), runId, {
    worker: 'w',
    signal: new AbortController().signal,
    assignmentFor: workAssignment,
  })
  const rows = await database().toolCall.findMany({ where: { runId }, orderBy: { position: 'asc' } })
  expect(rows[0]?.output).toContain('url postgres key ***')
  expect(rows[1]?.output).toContain('x***')
  expect(rows[2]).toMatchObject({ name: 'read_file', output: 'url postgres key ***' })
  for (const { output } of rows) expect(output).not.toMatch(/sk-proj|mnop/)
  expect(asked).toHaveLength(1)
  expect(asked[0]).toContain('url postgres key ***')
  expect(asked[0]).not.toContain(`${front}${back}`)
})
