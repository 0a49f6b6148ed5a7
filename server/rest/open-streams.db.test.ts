import { afterAll, beforeAll, expect, test } from 'vitest'
import { stopHub } from '#server/platform/events/hub'
import { STREAMS_AT_ONCE } from '#server/platform/http/open-streams'
import { stopQueue } from '#server/platform/queue/queue'
import { until } from '#server/platform/queue/testing'
import { makeOrganization, type TestOrganization, tokenHeaders } from '#server/setup/testing'
import { handler } from '#server/trpc/handler'
import { app } from './app'

let acme: TestOrganization
let stops: AbortController[] = []

beforeAll(async () => {
  acme = await makeOrganization()
})
afterAll(async () => {
  for (const stop of stops) stop.abort()
  await stopHub()
  await stopQueue()
})

/** A client that reads; it goes away when its own controller aborts. */
async function connect(headers: Record<string, string>): Promise<Response> {
  const stop = new AbortController()
  const response = await app.request('/api/events', { headers, signal: stop.signal })
  if (response.status !== 200) return response
  stops.push(stop)
  const reader = response.body?.getReader()
  void (async () => {
    while (!(await reader?.read())?.done);
  })().catch(() => {})
  return response
}

/** What a page hears first: that it is connected to the log, or why not. */
async function firstOfPage(headers: Record<string, string>): Promise<string> {
  const stop = new AbortController()
  const request = new Request('http://localhost:3000/api/trpc/live.events', { headers, signal: stop.signal })
  const reader = (await handler(request)).body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (!/ready|serialized-error[\s\S]*\n\n/.test(text)) text += decoder.decode((await reader?.read())?.value)
  stop.abort()
  await reader?.cancel()
  return text
}

const statuses = async (headers: Record<string, string>, count: number) => {
  const all = await Promise.all(Array.from({ length: count }, async () => (await connect(headers)).status))
  return { let: all.filter((status) => status === 200).length, refused: all.filter((status) => status === 429).length }
}

test('one person or token has at most so many streams open, of both kinds together, and each place is given back', async () => {
  const { admin, viewer } = acme.people
  const program = await tokenHeaders(admin, ['read'])
  expect(await statuses(program, STREAMS_AT_ONCE + 10)).toEqual({ let: STREAMS_AT_ONCE, refused: 10 })

  const refused = await connect(program)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('15')
  const { error } = await refused.json()
  expect(error).toMatchObject({ code: 'too-many-streams', details: { open: STREAMS_AT_ONCE, retryAfterSeconds: 15 } })
  expect(error.message).toContain('Close windows or end programs')

  // The person who made it, another token of theirs, and everybody else still hear everything.
  for (const headers of [admin.headers, await tokenHeaders(admin, ['read']), viewer.headers]) {
    expect((await connect(headers)).status).toBe(200)
  }

  for (const stop of stops.splice(0, 3)) stop.abort()
  await until(async () => (await connect(program)).status === 200)
  await until(async () => (await connect(program)).status === 200)
  await until(async () => (await connect(program)).status === 200)
  expect((await connect(program)).status).toBe(429)
})

test('a page of somebody who has too many is told so in its stream, and is connected again when there is room', async () => {
  const { headers } = acme.people.member
  stops = []
  expect(await statuses(headers, STREAMS_AT_ONCE)).toEqual({ let: STREAMS_AT_ONCE, refused: 0 })
  const said = await firstOfPage(headers)
  expect(said).toContain('"code":"too-many-streams"')
  expect(said).toContain('"httpStatus":429')
  expect(said).toContain('"retryAfterSeconds":15')
  stops.shift()?.abort()
  await until(async () => (await firstOfPage(headers)).includes('ready'))
  // Leaving gave the place back: the page can come again as often as it likes.
  for (let time = 0; time < 3; time += 1) expect(await firstOfPage(headers)).toContain('ready')
})
