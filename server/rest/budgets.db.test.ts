import { afterAll, beforeAll, expect, test } from 'vitest'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization, type TestOrganization, tokenHeaders } from '#server/setup/testing'
import { app } from './app'

let acme: TestOrganization
let reading: Record<string, string>
let administering: Record<string, string>

beforeAll(async () => {
  acme = await makeOrganization()
  reading = await tokenHeaders(acme.people.admin, ['read'])
  administering = await tokenHeaders(acme.people.admin, ['admin'])
})
afterAll(stopQueue)

async function call(headers: Record<string, string>, path: string, body?: object) {
  const sent = body ? { method: 'PUT', body: JSON.stringify(body) } : {}
  const response = await app.request(`/api/budgets/${path}`, {
    headers: { ...headers, 'content-type': 'application/json' },
    ...sent,
  })
  return { status: response.status, body: (await response.json()) as { parts: { dimension: string; limit: number }[] } }
}

test('a budget is set and read; a limit that is left out stays', async () => {
  const path = `project/${acme.projectId}`
  expect((await call(administering, path, { microUsd: 5_000_000, tokens: 1_000 })).status).toBe(200)
  expect((await call(administering, path, { tokens: null })).status).toBe(200)
  const { status, body } = await call(reading, path)
  expect(status).toBe(200)
  expect(body.parts.map(({ dimension, limit }) => [dimension, limit])).toEqual([
    ['money', 5_000_000],
    ['tokens', null],
    ['time', null],
  ])
})

test('what is not there, not an amount, or not allowed is refused', async () => {
  const path = `project/${acme.projectId}`
  expect((await call(reading, `task/${acme.projectId}`)).status).toBe(404)
  expect((await call(administering, `organization/${acme.projectId}`, { tokens: 1 })).status).toBe(404)
  expect((await call(administering, path, { tokens: -1 })).status).toBe(400)
  expect((await call(reading, path, { tokens: 1 })).status).toBe(403)
})
