import { createHmac, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { changeSource, type NewSource, rotateSource } from '#server/signals/commands/sources'
import { signalWork } from '#server/signals/handlers'
import { bearer, failure, githubHeaders, makeSource, readAll } from '#server/signals/testing'
import { app } from './app'

let acme: TestOrganization
let github: NewSource
let generic: NewSource

beforeAll(async () => {
  acme = await makeOrganization()
  github = await makeSource(acme, 'github')
  generic = await makeSource(acme, 'generic')
})
afterAll(stopQueue)

const post = (path: string, body: BodyInit, headers: Record<string, string>) =>
  app.request(path, { method: 'POST', body, headers })
const rows = () => database().inboundDelivery.count()
const signals = () => database().signal.count({ where: { organizationId: acme.organizationId } })

async function refused(path: string, body: BodyInit, headers: Record<string, string>): Promise<[number, string]> {
  const before = await rows()
  const response = await post(path, body, headers)
  const answer = (await response.json()) as { error: { code: string } }
  expect(await rows()).toBe(before)
  return [response.status, answer.error.code]
}

describe('who may send', () => {
  const body = JSON.stringify(failure)

  test('GitHub’s signature over the raw bytes opens, and thirty deliveries at once are one', async () => {
    const headers = await githubHeaders(github.secret, 'workflow_run', body)
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(github.path, body, headers)))
    const statuses = answers.map((answer) => answer.status).sort()
    expect(statuses).toEqual([...Array.from({ length: 29 }, () => 200), 202])
    await readAll(acme.organizationId)
    await Promise.all([readAll(acme.organizationId), readAll(acme.organizationId)])
    expect(await signals()).toBe(1)
    const signal = await database().signal.findFirstOrThrow({ where: { organizationId: acme.organizationId } })
    expect(signal).toMatchObject({
      title: 'CI failed on main at abc1234',
      count: 1,
      kind: 'quality_issue',
      urgency: 'now',
    })
    const replay = await post(github.path, body, headers)
    expect([replay.status, await replay.json()]).toMatchObject([200, { duplicate: true }])
  })

  test.each([
    ['no signature', { 'x-hub-signature-256': '' }],
    ['a wrong signature', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }],
    ['garbage', { 'x-hub-signature-256': 'sha256=zz' }],
    ['the old sha1', { 'x-hub-signature-256': `sha1=${createHmac('sha1', 'x').update('y').digest('hex')}` }],
    ['a bearer token instead', { 'x-hub-signature-256': '', authorization: 'Bearer secret' }],
  ])('%s is refused without a row', async (_, headers) => {
    const sent = { ...(await githubHeaders(github.secret, 'workflow_run', body)), ...headers }
    expect(await refused(github.path, body, sent)).toEqual([401, 'not-proven'])
  })

  test('one changed byte is refused', async () => {
    const headers = await githubHeaders(github.secret, 'workflow_run', body)
    expect(await refused(github.path, `${body} `, headers)).toEqual([401, 'not-proven'])
  })

  test('an unknown key, kind, or the key of another kind is nowhere', async () => {
    const headers = bearer(generic.secret)
    expect(await refused(`/api/inbound/generic/${randomUUID()}`, '{}', headers)).toEqual([404, 'source-unknown'])
    expect(await refused('/api/inbound/nothing/x', '{}', headers)).toEqual([404, 'source-unknown'])
    expect(await refused(generic.path.replace('generic', 'jenkins'), '{}', headers)).toEqual([404, 'source-unknown'])
  })

  test('a disabled source is nowhere; after a rotation only the new address and secret count', async () => {
    const source = await makeSource(acme, 'jenkins')
    const job = JSON.stringify({ name: 'nightly', build: { number: 1, phase: 'FINALIZED', status: 'FAILURE' } })
    await changeSource(acme.people.admin.scope, { sourceId: source.id, enabled: false })
    expect(await refused(source.path, job, bearer(source.secret))).toEqual([404, 'source-unknown'])
    await changeSource(acme.people.admin.scope, { sourceId: source.id, enabled: true })
    const fresh = await rotateSource(acme.people.admin.scope, { sourceId: source.id })
    expect(await refused(source.path, job, bearer(source.secret))).toEqual([404, 'source-unknown'])
    expect(await refused(fresh.path, job, bearer(source.secret))).toEqual([401, 'not-proven'])
    const basic = `Basic ${Buffer.from(`jenkins:${fresh.secret}`).toString('base64')}`
    expect((await post(fresh.path, job, { authorization: basic })).status).toBe(202)
  })
})

describe('a large body', () => {
  const scan = (count: number) => {
    const result = (number: number) => ({
      ruleId: 'injection',
      level: 'error',
      message: { text: `Finding ${number} ${'x'.repeat(400)}` },
      locations: [{ physicalLocation: { artifactLocation: { uri: `src/${number}.ts` }, region: { startLine: 1 } } }],
    })
    const results = Array.from({ length: count }, (_, number) => result(number))
    return JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'CodeQL' } }, results }] })
  }
  const stored = (sourceId: string) => database().inboundDelivery.findMany({ where: { sourceId } })

  test('is stored as it came in without being parsed, thirty at once are one, and it is read afterwards', async () => {
    const source = await makeSource(acme, 'sarif')
    const body = scan(1_000)
    const parse = vi.spyOn(JSON, 'parse')
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(source.path, body, bearer(source.secret))))
    expect(parse.mock.calls.filter(([text]) => text.length > 100_000)).toEqual([])
    parse.mockRestore()
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array.from({ length: 29 }, () => 200), 202])
    const [row, ...others] = await stored(source.id)
    expect(others).toEqual([])
    expect(Buffer.from(row?.payload ?? []).equals(Buffer.from(body))).toBe(true)
    await readAll(acme.organizationId)
    expect(await database().signalFinding.count({ where: { sourceId: source.id } })).toBe(1_000)
  })

  test('that was put aside when its sender lost the connection is accepted when it comes again', async () => {
    const source = await makeSource(acme, 'sarif')
    const headers = { ...bearer(source.secret), 'idempotency-key': 'scan-1' }
    expect((await post(source.path, scan(1_000), headers)).status).toBe(202)
    await database().$executeRaw`delete from pgboss.job where data ->> 'name' = 'read-delivery'`
    await database().inboundDelivery.updateMany({ where: { sourceId: source.id }, data: { status: 'arriving' } })
    await readAll(acme.organizationId)
    expect(await stored(source.id)).toMatchObject([{ status: 'arriving' }])
    // In whatever size it comes: its sender says that it is the same.
    expect((await post(source.path, scan(1), headers)).status).toBe(202)
    expect((await post(source.path, scan(1_000), headers)).status).toBe(200)
    await readAll(acme.organizationId)
    expect(await stored(source.id)).toMatchObject([{ status: 'processed' }])
  })

  test('that is cut off, too deep or no text leaves no row; what else is wrong with it the worker finds', async () => {
    const source = await makeSource(acme, 'sarif')
    const body = scan(1_000)
    const sent = (bytes: BodyInit) => refused(source.path, bytes, bearer(source.secret))
    expect(await sent(body.slice(0, -3))).toEqual([400, 'body-not-json'])
    expect(await sent(`${body.slice(0, -1)},"a":${'['.repeat(70)}`)).toEqual([400, 'json-too-deep'])
    expect(await sent(Buffer.from(body.replaceAll('x', 'é'), 'latin1'))).toEqual([400, 'body-not-json'])
    expect((await post(source.path, body.replace('"runs"', 'runs'), bearer(source.secret))).status).toBe(202)
    await readAll(acme.organizationId)
    expect(await stored(source.id)).toMatchObject([
      { status: 'failed', outcome: expect.stringMatching(/^It could not be read/) },
    ])
  })

  test('is forgotten a day after it was read, a small one after thirty; what became of them stays', async () => {
    const source = await makeSource(acme, 'sarif')
    for (const count of [1_000, 1]) await post(source.path, scan(count), bearer(source.secret))
    await readAll(acme.organizationId)
    const kept = async (days: number) => {
      const receivedAt = new Date(Date.now() - days * 24 * 3600_000 - 60_000)
      await database().inboundDelivery.updateMany({ where: { sourceId: source.id }, data: { receivedAt } })
      await signalWork.forget()
      const rows = await database().inboundDelivery.findMany({
        where: { sourceId: source.id },
        orderBy: { bytes: 'asc' },
      })
      return rows.map(({ payload, status }) => [status, payload !== null])
    }
    expect(await kept(0)).toEqual([
      ['processed', true],
      ['processed', true],
    ])
    expect(await kept(1)).toEqual([
      ['processed', true],
      ['processed', false],
    ])
    expect(await kept(30)).toEqual([
      ['processed', false],
      ['processed', false],
    ])
  })
})

describe('what is refused', () => {
  test.each([
    ['too large', () => `"${'a'.repeat(2_100_000)}"`, 413, 'body-too-large'],
    ['too deep', () => '['.repeat(100_000), 400, 'json-too-deep'],
    ['no JSON', () => '{"title":', 400, 'body-not-json'],
    ['empty', () => '', 400, 'body-not-json'],
  ])('a body that is %s leaves no row', async (_, body, status, code) => {
    expect(await refused(generic.path, body(), bearer(generic.secret))).toEqual([status, code])
  })

  test('bytes that are no text', async () => {
    expect(await refused(generic.path, new Uint8Array([0xff, 0xfe, 0x00]), bearer(generic.secret))).toEqual([
      400,
      'body-not-json',
    ])
  })

  test('gzip is unpacked, and a bomb is refused', async () => {
    const packed = { ...bearer(generic.secret), 'content-encoding': 'gzip' }
    expect((await post(generic.path, gzipSync('{"title":"Packed"}'), packed)).status).toBe(202)
    expect(await refused(generic.path, gzipSync('a'.repeat(50_000_000)), packed)).toEqual([413, 'body-too-large'])
    expect(await refused(generic.path, 'not gzip', packed)).toEqual([400, 'bad-gzip'])
  })

  test('a source that sends a flood is slowed down', async () => {
    const source = await makeSource(acme, 'generic')
    await database().$executeRaw`
      insert into "SignInAttempt" ("key", "failures", "blockedUntil", "updatedAt")
      values (${`calls:inbound:${source.id}`}, 600, now() + interval '30 seconds', now())`
    const before = await rows()
    const response = await post(source.path, '{"title":"One more"}', bearer(source.secret))
    expect(response.status).toBe(429)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await rows()).toBe(before)
  })
})
