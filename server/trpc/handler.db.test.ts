import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { handler } from './handler'

let acme: TestOrganization

beforeAll(async () => {
  acme = await makeOrganization()
})
afterAll(stopQueue)

const create = (headers: Record<string, string>, body: BodyInit = JSON.stringify({ json: { name: 'P' } })) =>
  handler(new Request('http://localhost:3000/api/trpc/projects.create', { method: 'POST', headers, body }))
const json = { 'content-type': 'application/json' }
const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }

describe('a change with a session cookie', () => {
  test('is taken from our own page', async () => {
    const response = await create({ ...acme.people.admin.headers, ...json })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ result: { data: { json: { slug: 'p', providerMode: 'scripted' } } } })
  })

  test.each([
    ['another site', evil],
    ['a sibling domain', { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }],
    ['an old browser on another site', { origin: 'https://evil.example' }],
    ['nowhere', {}],
    ['another site, with a password that a proxy in front asks for', { ...evil, authorization: 'Basic dGVhbTpwYXNz' }],
    ['a form', { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-origin', 'content-type': 'text/plain' }],
  ])('is refused from %s', async (_, headers) => {
    const { cookie = '', host = '' } = acme.people.admin.headers
    const before = await database().project.count()
    const response = await create({ cookie, host, ...json, ...headers })
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({
      error: { json: { data: { code: 'cross-site', kind: 'forbidden' } } },
    })
    expect(await database().project.count()).toBe(before)
  })
})

test('a body of more than 4 MB is refused while it is read', async () => {
  const response = await create({ ...acme.people.admin.headers, ...json }, 'x'.repeat(4_000_001))
  expect(response.status).toBe(413)
  expect(await response.json()).toMatchObject({ error: { json: { data: { code: 'body-too-large' } } } })
})

test('JSON of a million levels is refused before it is parsed, from nobody too', async () => {
  const url = 'http://localhost:3000/api/trpc/auth.completeSetup'
  const response = await handler(new Request(url, { method: 'POST', headers: json, body: '['.repeat(1_000_000) }))
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { json: { data: { code: 'json-too-deep' } } } })
})

test('more changes than a person makes are slowed down, by person', async () => {
  const { headers } = acme.people.owner
  const statuses = await Promise.all(Array.from({ length: 125 }, () => create({ ...headers, ...json }, '{"json":{}}')))
  const count = (status: number) => statuses.filter((response) => response.status === status).length
  expect([count(400), count(429)]).toEqual([120, 5])
  expect((await create({ ...acme.people.admin.headers, ...json })).status).toBe(200)
})

test.each([
  ['projects.byId', { projectId: 'a\0b' }],
  ['signals.list', { source: 'a\0b' }],
])('NUL in a text that is looked for is refused as a mistake of the caller: %s', async (path, input) => {
  const query = new URLSearchParams({ input: JSON.stringify({ json: { projectId: acme.projectId, ...input } }) })
  const url = `http://localhost:3000/api/trpc/${path}?${query}`
  expect((await handler(new Request(url, { headers: acme.people.owner.headers }))).status).toBe(400)
})

test('a fault of ours is told as a number, never as its message', async () => {
  const { id } = await database().project.findFirstOrThrow({ where: { organizationId: acme.organizationId } })
  await database().project.update({ where: { id }, data: { planApproval: 'nonsense' } })
  const url = 'http://localhost:3000/api/trpc/projects.list'
  const response = await handler(new Request(url, { headers: acme.people.viewer.headers }))
  const body = await response.text()
  expect(response.status).toBe(500)
  expect(JSON.parse(body).error.json.data).toMatchObject({ code: 'internal', details: { errorId: expect.any(String) } })
  expect(body).not.toContain('planApproval')
})

test('a session says who, where and as what, to nobody else', async () => {
  const url = 'http://localhost:3000/api/trpc/auth.session'
  const { headers, email } = acme.people.member
  const answer = await handler(new Request(url, { headers }))
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const body = await answer.json()
  expect(body.result.data.json).toMatchObject({ user: { email }, organizationId: acme.organizationId, role: 'member' })
  const nobody = await (await handler(new Request(url))).json()
  expect(nobody.result.data.json).toBeNull()
})

test('a webhook for events that do not exist is refused, and says which', async () => {
  const url = 'http://localhost:3000/api/trpc/integrations.webhooks.add'
  const add = (events: string[]) => {
    const body = JSON.stringify({ json: { name: 'Theirs', url: 'https://example.org/hook', events } })
    return handler(new Request(url, { method: 'POST', headers: { ...acme.people.admin.headers, ...json }, body }))
  }
  const refused = await add(['task_completed', 'task.done'])
  expect(refused.status).toBe(400)
  expect((await refused.json()).error.json.message).toBe(
    'There is no event “task.done”. There are: task.started, task.sent-back, task.finished, task.failed.',
  )
  expect((await add(['task_completed', 'decision.answered', '*'])).status).toBe(200)
})
