import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { raiseDecision } from '#server/decisions/commands'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { createProject } from '#server/projects/commands'
import { makeOrganization, type TestOrganization, tokenHeaders } from '#server/setup/testing'
import { app } from './app'

let acme: TestOrganization
let other: TestOrganization
let reading: Record<string, string>
let writing: Record<string, string>
let deciding: Record<string, string>
const json = { 'content-type': 'application/json' }

beforeAll(async () => {
  acme = await makeOrganization()
  other = await makeOrganization('Other')
  reading = await tokenHeaders(acme.people.admin, ['read'])
  writing = await tokenHeaders(acme.people.admin, ['write'])
  deciding = await tokenHeaders(acme.people.admin, ['decide'])
})
afterAll(stopQueue)

// biome-ignore lint/suspicious/noExplicitAny: answers are checked by what the tests expect of them
async function call(path: string, init: RequestInit = {}): Promise<{ status: number; body: any; headers: Headers }> {
  const response = await app.request(path, init)
  return { status: response.status, body: await response.json(), headers: response.headers }
}
const get = (path: string, headers = reading) => call(path, { headers })
const submit = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, query = '') =>
  call(`/api/requirements${query}`, { method: 'POST', body, headers: { ...writing, ...json, ...headers } })

describe('every route', () => {
  const routes = [
    ['GET', '/api/projects'],
    ['GET', '/api/status'],
    ['GET', '/api/metrics'],
    ['GET', '/api/tasks'],
    ['GET', '/api/decisions'],
    ['GET', '/api/events'],
    ['GET', `/api/requirements/${randomUUID()}`],
    ['POST', '/api/requirements'],
    ['POST', '/api/decisions'],
    ...['pause', 'resume', 'cancel', 'undo', 'plan/revisions', 'plan/preview'].map(
      (verb) => ['POST', `/api/requirements/${randomUUID()}/${verb}`] as const,
    ),
    ...['plan', 'plan/revisions'].map((what) => ['GET', `/api/requirements/${randomUUID()}/${what}`] as const),
    ...['pause', 'resume', 'cancel', 'skip', 'retry'].map(
      (verb) => ['POST', `/api/tasks/${randomUUID()}/${verb}`] as const,
    ),
    ['GET', `/api/budgets/requirement/${randomUUID()}`],
    ['PUT', `/api/budgets/requirement/${randomUUID()}`],
  ] as const

  test.each(routes)('%s %s refuses nobody, a wrong token, and a garbled cookie', async (method, path) => {
    const body = method === 'GET' ? undefined : '{}'
    const attempts: Record<string, string>[] = [
      {},
      { authorization: 'Bearer orc_wrong' },
      { cookie: 'next-auth.session-token=garbage' },
    ]
    for (const headers of attempts) {
      const { status, body: answer } = await call(path, { method, body, headers: { ...json, ...headers } })
      expect(status).toBe(401)
      expect(answer.error).toMatchObject({ code: expect.any(String), message: expect.any(String), details: {} })
    }
  })

  test.each([
    ['/api/requirements', { text: 'x' }],
    ['/api/decisions', { decisionId: randomUUID(), option: 'a' }],
  ])('POST %s needs more than the scope read, and counts calls', async (path, body) => {
    const init = { method: 'POST', body: JSON.stringify(body), headers: { ...reading, ...json } }
    const { status, body: answer } = await call(path, init)
    expect([status, answer.error.code]).toEqual([403, 'role-too-low'])
  })

  test('the description lists exactly these routes, as OpenAPI 3.1', async () => {
    const { status, body } = await call('/api/openapi.json')
    expect(status).toBe(200)
    expect(body.openapi).toBe('3.1.0')
    const described = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const expected = [
      ...routes.map(
        ([method, path]) => `${method} ${path.replace('/requirement/', '/{level}/').replace(/[0-9a-f-]{36}/, '{id}')}`,
      ),
      // proves its sender by a secret of its own: inbound.db.test.ts
      'POST /api/inbound/{source}/{key}',
    ]
    expect(new Set(described)).toEqual(new Set(expected))
    expect(body.components.securitySchemes.token).toMatchObject({ type: 'http', scheme: 'bearer' })
  })

  test.each(['/api/tasks?status=a%00b', '/api/requirements?project=a%00b'])('NUL is refused: %s', async (path) => {
    const method = path.includes('/tasks') ? 'GET' : 'POST'
    const body = method === 'POST' ? JSON.stringify({ text: 'x' }) : undefined
    const { status, body: answer } = await call(path, { method, body, headers: { ...writing, ...json } })
    expect([status, answer.error.code]).toEqual([400, 'text-not-storable'])
  })

  test('an unknown address and another method are told as such', async () => {
    expect((await get('/api/nothing')).body.error.code).toBe('no-such-route')
    expect((await call('/api/status', { method: 'POST', headers: reading })).status).toBe(404)
  })

  test('health needs nobody', async () => {
    expect(await call('/api/health')).toMatchObject({ status: 200, body: { status: 'ok', database: 'ok' } })
  })
})

describe('submitting a requirement', () => {
  test('JSON, Markdown and plain text are taken in, and read back with statements', async () => {
    const first = await submit(JSON.stringify({ text: '# Sum\n\nIt adds two numbers.', projectId: acme.projectId }))
    expect(first).toMatchObject({ status: 201, body: { created: true, projectId: acme.projectId } })
    expect(first.headers.get('location')).toBe(`/api/requirements/${first.body.id}`)
    for (const type of ['text/markdown; charset=utf-8', 'text/plain']) {
      const { status } = await submit(
        'It subtracts numbers. 你好 👩‍💻',
        { 'content-type': type },
        '?project=acme-project',
      )
      expect(status).toBe(201)
    }
    const { status, body } = await get(`/api/requirements/${first.body.id}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ id: first.body.id, title: 'Sum', status: 'submitted', scripted: true, tasks: [] })
    expect(body.statements).toContainEqual(expect.objectContaining({ text: 'It adds two numbers.', outcome: 'open' }))
  })

  test.each([
    ['empty text', '{"text":""}', json, 400, 'text-empty'],
    ['no text', '{}', json, 400, 'invalid-input'],
    ['an unknown field', '{"text":"x","evil":1}', json, 400, 'invalid-input'],
    ['no JSON', '{"text":', json, 400, 'invalid-json'],
    ['a million levels', '['.repeat(1_000_000), json, 400, 'json-too-deep'],
    ['an unknown project', '{"text":"x","project":"nope"}', json, 404, 'project-not-found'],
    ['another type', 'x', { 'content-type': 'application/xml' }, 400, 'content-type'],
    ['binary', new Uint8Array([0xff, 0xfe, 0x00, 0xc3, 0x28]), { 'content-type': 'text/plain' }, 400, 'not-utf-8'],
    ['control characters', '\u0001\u0002\u0003\u0004', { 'content-type': 'text/plain' }, 400, 'text-binary'],
    ['2 MB of text', 'a '.repeat(1_000_000), { 'content-type': 'text/plain' }, 413, 'text-too-large'],
    ['2 MB of JSON', JSON.stringify({ text: 'a '.repeat(1_000_000) }), json, 413, 'text-too-large'],
  ])('%s is refused and nothing is kept', async (_, body, headers, status, code) => {
    const before = await database().requirement.count()
    const answer = await submit(body, headers)
    expect([answer.status, answer.body.error.code]).toEqual([status, code])
    expect(await database().requirement.count()).toBe(before)
  })

  test('a body without end is cut off while reading, whatever its Content-Length says', async () => {
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 64 * 1024
        controller.enqueue(new Uint8Array(64 * 1024).fill(97))
      },
    })
    const headers = { ...writing, 'content-type': 'text/plain', 'content-length': '5' }
    const { status, body: answer } = await call('/api/requirements', {
      method: 'POST',
      body,
      headers,
      duplex: 'half',
    } as RequestInit)
    expect([status, answer.error.code]).toEqual([413, 'body-too-large'])
    expect(sent).toBeLessThan(5_000_000)
  })

  test('one key is one requirement, however many ask at once; another text with it is a conflict', async () => {
    const body = JSON.stringify({ text: 'Exactly once.' })
    const key = { 'idempotency-key': randomUUID() }
    const answers = await Promise.all(Array.from({ length: 8 }, () => submit(body, key)))
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 200, 200, 200, 200, 200, 200, 201])
    const conflict = await submit(JSON.stringify({ text: 'Something else.' }), key)
    expect([conflict.status, conflict.body.error.code]).toEqual([409, 'key-reused'])
  })

  test('without a name the only project is meant; with several it must be named', async () => {
    const theirs = await tokenHeaders(other.people.admin, ['write'])
    const one = await submit(JSON.stringify({ text: 'One project.' }), theirs)
    expect([one.status, one.body.projectId]).toEqual([201, other.projectId])
    await createProject(other.people.admin.scope, { name: 'Second', providerMode: 'scripted' })
    const several = await submit(JSON.stringify({ text: 'Two projects.' }), theirs)
    expect([several.status, several.body.error.code]).toEqual([400, 'project-needed'])
  })

  test("another organization's project and requirement do not exist", async () => {
    const theirs = await tokenHeaders(other.people.admin, ['write'])
    const given = JSON.stringify({ text: 'x', projectId: acme.projectId })
    expect((await submit(given, theirs)).body.error.code).toBe('project-not-found')
    const { body } = await submit(JSON.stringify({ text: 'Private.' }))
    expect((await get(`/api/requirements/${body.id}`, theirs)).status).toBe(404)
    expect((await get('/api/requirements/not-an-id')).status).toBe(400)
  })
})

describe('a session cookie', () => {
  const body = JSON.stringify({ text: 'From the page.' })
  test('works from our own page and is refused from any other', async () => {
    const { headers } = acme.people.member
    expect((await call('/api/projects', { headers })).status).toBe(200)
    const post = (given: Record<string, string>) => call('/api/requirements', { method: 'POST', body, headers: given })
    expect((await post({ ...headers, ...json })).status).toBe(201)
    const { cookie = '', host = '' } = headers
    const foreign = [
      { cookie, host, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', ...json },
      { cookie, host, origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site', ...json },
      { cookie, host, origin: 'null', ...json },
      { cookie, host, ...json },
      { ...headers, 'content-type': 'text/plain' },
    ]
    for (const given of foreign) expect((await post(given)).body.error?.code).toBe('cross-site')
  })

  test('carries the role of its person', async () => {
    const init = { method: 'POST', body, headers: { ...acme.people.viewer.headers, ...json } }
    expect((await call('/api/requirements', init)).status).toBe(403)
  })
})

describe('decisions', () => {
  const raise = () =>
    raiseDecision(acme.people.owner.scope, {
      projectId: acme.projectId,
      requirementId: randomUUID(),
      kind: 'agent_question',
      question: 'Which format?',
      why: 'It blocks one task.',
      options: [
        { id: 'csv', label: 'CSV', consequence: 'Simple.', reversible: true },
        { id: 'xml', label: 'XML', consequence: 'Old.', reversible: true },
      ],
      recommended: 'csv',
      recommendedWhy: 'Simple.',
      dedupeKey: randomUUID(),
    })
  const answer = (body: object, headers = deciding) =>
    call('/api/decisions', { method: 'POST', body: JSON.stringify(body), headers: { ...headers, ...json } })

  test('are listed, answered once, and a second answer learns who and what', async () => {
    const { id } = await raise()
    const open = await get('/api/decisions')
    expect(open.body.decisions).toContainEqual(expect.objectContaining({ id, status: 'open', recommended: 'csv' }))
    const answers = await Promise.all(['csv', 'xml', 'csv'].map((option) => answer({ decisionId: id, option })))
    expect(answers.map((one) => one.status).toSorted()).toEqual([200, 409, 409])
    const late = answers.find((one) => one.status === 409)
    const won = answers.find((one) => one.status === 200)
    expect(late?.body.error).toMatchObject({
      code: 'already-answered',
      details: { answeredBy: 'test', option: won?.body.option },
    })
    const closed = await get('/api/decisions?status=closed')
    expect(closed.body.decisions).toContainEqual(expect.objectContaining({ id, answer: won?.body.option }))
  })

  test('an unknown option, an unknown decision and a foreign one are refused', async () => {
    const { id } = await raise()
    expect((await answer({ decisionId: id, option: 'json' })).body.error.code).toBe('no-such-option')
    expect((await answer({ decisionId: randomUUID(), option: 'csv' })).status).toBe(404)
    const theirs = await tokenHeaders(other.people.admin, ['decide'])
    expect((await answer({ decisionId: id, option: 'csv' }, theirs)).status).toBe(404)
    expect((await answer({ decisionId: id, option: 'csv' }, writing)).body.error.code).toBe('token-scope-missing')
  })
})

describe('status, metrics, tasks', () => {
  test('count what is there, of this organization only', async () => {
    const fresh = await makeOrganization('Fresh')
    const headers = await tokenHeaders(fresh.people.viewer, ['read']).catch(() =>
      tokenHeaders(fresh.people.admin, ['read']),
    )
    const status = await get('/api/status', headers)
    expect(status).toMatchObject({ status: 200, body: { requirements: {}, tasks: {}, projects: 1 } })
    const metrics = await get('/api/metrics', headers)
    const none = { count: 0, p50: null, p95: null }
    expect(metrics.body).toMatchObject({ usage: [], durationSeconds: { requirement: none, task: none, turn: none } })
    expect((await get('/api/tasks', headers)).body).toEqual({ tasks: [] })
    expect((await get('/api/tasks?limit=0', headers)).status).toBe(400)
  })

  test('tokens, cost and durations come from the rows; a turn without a price is not 0', async () => {
    const fresh = await makeOrganization('Metered')
    const headers = await tokenHeaders(fresh.people.admin, ['read'])
    await makeTurns(fresh)
    const { body } = await get('/api/metrics', headers)
    expect(body.usage).toEqual([
      {
        providerMode: 'live',
        turns: 3,
        inputTokens: 300,
        cacheReadTokens: 30,
        cacheWriteTokens: 3,
        outputTokens: 60,
        costMicroUsd: 1500,
        turnsWithoutPrice: 1,
      },
    ])
    expect(body.durationSeconds.turn).toEqual({ count: 3, p50: 2, p95: expect.closeTo(2.9) })
  })
})

async function makeTurns({ organizationId, projectId }: TestOrganization): Promise<void> {
  const run = await database().run.create({
    data: {
      organizationId,
      projectId,
      requirementId: randomUUID(),
      agentId: randomUUID(),
      purpose: 'plan',
      attempt: 1,
      providerMode: 'live',
      connector: 'anthropic',
      model: 'm',
      prompt: {},
    },
  })
  const begin = new Date('2026-01-01T00:00:00Z')
  const turn = (number: number, costMicroUsd: number | null) => ({
    runId: run.id,
    number,
    requestHash: String(number),
    provider: 'anthropic',
    model: 'm',
    stop: 'end',
    content: [],
    text: '',
    inputTokens: 100,
    cacheReadTokens: 10,
    cacheWriteTokens: 1,
    outputTokens: 20,
    costMicroUsd,
    startedAt: begin,
    endedAt: new Date(begin.getTime() + number * 1000),
  })
  await database().turn.createMany({ data: [turn(1, 1000), turn(2, 500), turn(3, null)] })
}
