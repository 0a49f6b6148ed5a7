import { createHmac, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { changeSource, type NewSource, rotateSource } from '#server/signals/commands/sources'
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
