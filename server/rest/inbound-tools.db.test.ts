/** Each tool as docs/integrations.md wires it: the request it then sends, byte for byte as far as headers go. */
import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { samplePayload } from '#server/signals/rules/samples'
import { makeSource, readAll } from '#server/signals/testing'
import { app } from './app'

let acme: TestOrganization
beforeAll(async () => {
  acme = await makeOrganization()
})
afterAll(stopQueue)

const post = (path: string, body: BodyInit, headers: Record<string, string>) =>
  app.request(path, { method: 'POST', body, headers })

const newest = (sourceId: string) =>
  database().inboundDelivery.findFirstOrThrow({ where: { sourceId }, orderBy: { receivedAt: 'desc' } })

/** What curl calls a body given with --data. */
const form = { 'content-type': 'application/x-www-form-urlencoded' }

function sarif(results: object[]) {
  const run = { tool: { driver: { name: 'Scanner', rules: [{ id: 'xss' }] } }, results }
  return JSON.stringify({ version: '2.1.0', runs: [run] })
}

const result = (name: string) => ({
  ruleId: 'xss',
  message: { text: `The value of &payload=1 and ?x=${name} is written as it is.` },
  locations: [{ physicalLocation: { artifactLocation: { uri: `src/${name}.ts` }, region: { startLine: 3 } } }],
})

test('a scan is uploaded by the documented command, whatever its findings quote', async () => {
  const source = await makeSource(acme, 'sarif')
  const headers = { ...form, authorization: `Bearer ${source.secret}`, 'content-encoding': 'gzip' }
  const response = await post(source.path, gzipSync(sarif([result('a'), result('b')])), headers)
  expect([response.status, await response.json()]).toMatchObject([202, { duplicate: false }])
  await readAll(acme.organizationId)
  expect(await newest(source.id)).toMatchObject({ status: 'processed', outcome: 'Became a signal.' })
})

test('as many results as a scan may have are read, compared and found fixed', async () => {
  const source = await makeSource(acme, 'sarif')
  const headers = { authorization: `Bearer ${source.secret}`, 'content-encoding': 'gzip' }
  const small = (name: string) => ({ ruleId: 'xss', message: { text: name } })
  const many = Array.from({ length: 25_000 }, (_, index) => small(`finding ${index}`))
  for (const results of [many, [...many.slice(1), small('another')], [small('the last')]]) {
    expect((await post(source.path, gzipSync(sarif(results)), headers)).status).toBe(202)
    await readAll(acme.organizationId)
    expect(await newest(source.id)).toMatchObject({ status: 'processed' })
  }
  const states = await database().signalFinding.groupBy({ by: ['state'], where: { sourceId: source.id }, _count: true })
  expect(Object.fromEntries(states.map(({ state, _count }) => [state, _count]))).toEqual({ fixed: 25_001, new: 1 })
})

test.each([
  [
    'jenkins',
    (secret: string) => ({
      authorization: `Basic ${Buffer.from(`jenkins:${secret}`).toString('base64')}`,
      'content-type': 'application/json;charset=UTF-8',
    }),
  ],
  [
    'alertmanager',
    (secret: string) => ({
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      'user-agent': 'Alertmanager/0.28.0',
    }),
  ],
  [
    'gitlab',
    (secret: string) => ({
      'x-gitlab-token': secret,
      'x-gitlab-event': 'Pipeline Hook',
      'content-type': 'application/json',
    }),
  ],
  ['grafana', (secret: string) => ({ authorization: `Bearer ${secret}`, 'content-type': 'application/json' })],
  [
    'cdevents',
    (secret: string) => ({ authorization: `Bearer ${secret}`, 'content-type': 'application/cloudevents+json' }),
  ],
] as const)('%s, wired as documented, is let in and read', async (kind, headers) => {
  const source = await makeSource(acme, kind)
  const response = await post(source.path, JSON.stringify(samplePayload(kind).body), headers(source.secret))
  expect(response.status).toBe(202)
  await readAll(acme.organizationId)
  expect(await newest(source.id)).toMatchObject({ status: 'processed' })
})

test('CDEvents in binary mode: the type is in a header, the event is the body', async () => {
  const source = await makeSource(acme, 'cdevents')
  const { body } = samplePayload('cdevents')
  const headers = {
    authorization: `Bearer ${source.secret}`,
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': 'a-1',
    'ce-type': 'dev.cdevents.pipelinerun.finished.0.2.0',
    'ce-source': '/ci',
  }
  const response = await post(source.path, JSON.stringify(body), headers)
  expect(response.status).toBe(202)
  await readAll(acme.organizationId)
  expect(await newest(source.id)).toMatchObject({ status: 'processed' })
})

test('GitHub, form-encoded as well; Sentry with its own secret; Grafana by signature', async () => {
  const github = await makeSource(acme, 'github')
  const body = new URLSearchParams({ payload: JSON.stringify(samplePayload('github').body) }).toString()
  const sign = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex')
  const headers = {
    ...form,
    'x-github-event': 'workflow_run',
    'x-github-delivery': 'one',
    'x-hub-signature-256': `sha256=${sign(github.secret, body)}`,
  }
  expect((await post(github.path, body, headers)).status).toBe(202)
  const sentry = await makeSource(acme, 'sentry', { secret: 'made by Sentry itself' })
  const issue = JSON.stringify(samplePayload('sentry').body)
  const signed = {
    'content-type': 'application/json',
    'sentry-hook-resource': 'issue',
    'request-id': 'r1',
    'sentry-hook-signature': sign('made by Sentry itself', issue),
  }
  expect((await post(sentry.path, issue, signed)).status).toBe(202)
  const grafana = await makeSource(acme, 'grafana')
  const alert = JSON.stringify(samplePayload('grafana').body)
  expect(
    (await post(grafana.path, alert, { 'x-grafana-alerting-signature': sign(grafana.secret, alert) })).status,
  ).toBe(202)
  await readAll(acme.organizationId)
  for (const { id } of [github, sentry, grafana]) expect(await newest(id)).toMatchObject({ status: 'processed' })
})

test('generic: the documented example', async () => {
  const source = await makeSource(acme, 'generic')
  const body = '{"title":"Backup failed","severity":"high","status":"failed","url":"https://backup.example/7"}'
  const headers = {
    authorization: `Bearer ${source.secret}`,
    'content-type': 'application/json',
    'idempotency-key': '7',
  }
  expect((await post(source.path, body, headers)).status).toBe(202)
  await readAll(acme.organizationId)
  const { signalId } = await newest(source.id)
  expect(await database().signal.findUniqueOrThrow({ where: { id: signalId as string } })).toMatchObject({
    title: 'Backup failed',
    url: 'https://backup.example/7',
    kind: 'quality_issue',
    urgency: 'now',
  })
})

test('the same body again is a repeat, unless something else came in between; long ids that begin alike are two', async () => {
  const source = await makeSource(acme, 'generic')
  const send = async (body: object, id?: string) => {
    const key: Record<string, string> = id ? { 'idempotency-key': id } : {}
    const response = await post(source.path, JSON.stringify(body), { authorization: `Bearer ${source.secret}`, ...key })
    await readAll(acme.organizationId)
    return response.status
  }
  const failed = { key: 'backup', title: 'Backup', status: 'failed' }
  const passed = { key: 'backup', title: 'Backup', status: 'ok' }
  const statusOf = async () => {
    const { signalId } = await newest(source.id)
    return (await database().signal.findUniqueOrThrow({ where: { id: signalId as string } })).status
  }
  expect([await send(failed), await send(failed), await send(passed)]).toEqual([202, 200, 202])
  expect(await statusOf()).toBe('closed')
  expect([await send(failed), await send(failed)]).toEqual([202, 200])
  expect(await statusOf()).toBe('open')
  const long = 'x'.repeat(250)
  expect([await send(failed, `${long}1`), await send(failed, `${long}2`), await send(failed, `${long}2`)]).toEqual([
    202, 202, 200,
  ])
})

test('more different results than can be written down are refused with a reason', async () => {
  const source = await makeSource(acme, 'sarif')
  const results = (run: number) =>
    Array.from({ length: 20_000 }, (_, index) => ({ message: { text: `${run} ${index}` } }))
  const runs = [1, 2, 3].map((run) => ({ tool: { driver: { name: 'Scanner' } }, results: results(run) }))
  const body = gzipSync(JSON.stringify({ version: '2.1.0', runs }))
  const headers = { authorization: `Bearer ${source.secret}`, 'content-encoding': 'gzip' }
  expect((await post(source.path, body, headers)).status).toBe(202)
  await readAll(acme.organizationId)
  expect(await newest(source.id)).toMatchObject({ status: 'ignored', outcome: expect.stringContaining('50 000') })
})
