import type { PoolClient } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pool } from '#server/platform/database/pool'
import { transaction } from '#server/platform/database/transaction'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { append } from '#server/platform/events/log'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization, type TestOrganization, tokenHeaders } from '#server/setup/testing'
import { handler } from '#server/trpc/handler'
import { app } from './app'

const POOL = 4
let acme: TestOrganization
let headers: Record<string, string>

beforeAll(async () => {
  setEnvironmentVariable('DATABASE_POOL_SIZE', String(POOL))
  setEnvironmentVariable('DATABASE_TIMEOUT_SECONDS', '1')
  acme = await makeOrganization()
  headers = await tokenHeaders(acme.people.admin, ['read'])
})
afterAll(stopQueue)

test('no free connection: REST and tRPC answer 503 with Retry-After, open streams stay and catch up', async () => {
  const stream = await app.request('/api/events', { headers })
  const reader = (stream.body as ReadableStream<Uint8Array>).getReader()
  const write = (name: string) =>
    transaction((tx) => append(tx, acme.people.owner.scope, [{ type: 'project.changed', payload: { name } }]))
  await reader.read()
  const first = reader.read()
  await write('before the trouble')
  await first
  const next = reader.read()

  const held: PoolClient[] = await Promise.all(Array.from({ length: POOL }, () => pool().connect()))
  const answers = await Promise.all([
    app.request('/api/projects', { headers }),
    handler(new Request('http://localhost/api/trpc/projects.list', { headers })),
    app.request('/api/health'),
  ])
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503])
  expect(answers.slice(0, 2).map((answer) => answer.headers.get('retry-after'))).toEqual(['2', '2'])
  const [rest, trpc] = await Promise.all(answers.map((answer) => answer.text()))
  for (const text of [rest, trpc]) expect(text).toContain('database has more to do than it can')

  // The hub is told to look while it can't, and must not give up.
  await held[0]?.query(`select pg_notify('orchestrator_live', '{"u":1}')`)
  await new Promise((resolve) => setTimeout(resolve, 700))
  for (const client of held) client.release()
  await write('after the trouble')
  const { done, value } = await next
  expect(done).toBe(false)
  expect(Buffer.from(value ?? []).toString()).toContain('after the trouble')
  await reader.cancel()
  expect((await app.request('/api/projects', { headers })).status).toBe(200)
})
