import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApiToken, revokeApiToken } from '#server/api-keys/commands'
import { signOutEverywhere } from '#server/auth/commands'
import { streamName } from '#server/kernel/event-names'
import { database } from '#server/platform/database/client'
import { beginShutdown } from '#server/platform/http/shutdown'
import { stopQueue } from '#server/platform/queue/queue'
import { createProject } from '#server/projects/commands'
import { submitRequirement } from '#server/requirements/commands'
import { removePerson } from '#server/setup/commands'
import { makeOrganization, sessionHeaders, type TestOrganization, tokenHeaders } from '#server/setup/testing'
import { app } from './app'

let acme: TestOrganization
let headers: Record<string, string>

beforeAll(async () => {
  acme = await makeOrganization()
  headers = await tokenHeaders(acme.people.admin, ['read'])
})
afterAll(stopQueue)

interface Frame {
  id: string
  event: string
  data: { type: string; sequence: string; payload: Record<string, unknown> }
}

/** A reader of the stream that waits for frames, never for time. */
async function open(given: Record<string, string> = {}, query = '', who = headers) {
  const stop = new AbortController()
  const response = await app.request(`/api/events${query}`, { headers: { ...who, ...given }, signal: stop.signal })
  expect(response.status).toBe(200)
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  const more = async () => {
    const { done, value } = await reader.read()
    text += decoder.decode(value, { stream: true })
    return !done
  }
  while (!text.includes('\n\n')) await more()
  text = text.slice(text.indexOf('\n\n') + 2)
  return {
    response,
    async frames(count: number): Promise<Frame[]> {
      while (text.split('\n\n').length - 1 < count) if (!(await more())) break
      const parts = text.split('\n\n')
      text = parts.slice(count).join('\n\n')
      return parts.slice(0, count).filter(Boolean).map(toFrame)
    },
    async ended(): Promise<boolean> {
      while (await more());
      return true
    },
    close: () => reader.cancel(),
  }
}

function toFrame(part: string): Frame {
  const fields = Object.fromEntries(part.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)))
  return { id: fields.id, event: fields.event, data: JSON.parse(fields.data) }
}

const submit = (text: string) =>
  submitRequirement(acme.people.owner.scope, { projectId: acme.projectId, text, source: 'api' })

test('events arrive by name, in order, with the sequence as id', async () => {
  const stream = await open()
  expect(stream.response.headers.get('content-type')).toContain('text/event-stream')
  expect(stream.response.headers.get('cache-control')).toContain('no-transform')
  expect(stream.response.headers.get('connection')).toBe('close')
  await submit('First thing to do.')
  await createProject(acme.people.owner.scope, { name: 'Later', providerMode: 'scripted' })
  const [first, second] = await stream.frames(2)
  expect(first).toMatchObject({ event: 'requirement_submitted', data: { type: 'requirement.submitted' } })
  expect(second).toMatchObject({ event: 'status_update', data: { type: 'project.created' } })
  expect(BigInt(second?.id ?? 0)).toBe(BigInt(first?.id ?? 0) + 1n)
  expect(first?.data.sequence).toBe(first?.id)
  await stream.close()
})

test('after a break Last-Event-ID gives what was missed, once and without a gap, also while more arrives', async () => {
  const before = await open()
  await submit('Seen before the break.')
  const [seen] = await before.frames(1)
  await before.close()
  for (let index = 0; index < 5; index += 1) await submit(`Missed ${index}.`)
  const arriving = Promise.all(Array.from({ length: 5 }, (_, index) => submit(`Arriving ${index}.`)))
  const after = await open({ 'last-event-id': seen?.id ?? '' })
  await arriving
  const ids = (await after.frames(10)).map((frame) => Number(frame.id))
  expect(ids).toEqual(Array.from({ length: 10 }, (_, index) => Number(seen?.id) + 1 + index))
  await after.close()
})

test('an id may come in the address; one from the future, or none at all, begins now', async () => {
  const all = await open({}, '?lastEventId=0')
  expect((await all.frames(1))[0]?.id).toBe('1')
  await all.close()
  for (const lastEventId of ['999999999999', 'nonsense']) {
    const stream = await open({ 'last-event-id': lastEventId })
    await submit('Now.')
    expect((await stream.frames(1))[0]?.data.payload).toMatchObject({ title: expect.stringContaining('Now') })
    await stream.close()
  }
})

test('another organization hears nothing of it', async () => {
  const other = await makeOrganization('Other')
  const stream = await open(await tokenHeaders(other.people.admin, ['read']))
  await submit('Not for them.')
  await createProject(other.people.owner.scope, { name: 'Theirs', providerMode: 'scripted' })
  expect((await stream.frames(1))[0]?.data).toMatchObject({ type: 'project.created', payload: { name: 'Theirs' } })
  await stream.close()
})

describe('a stream ends with the access of its listener, before anything else is told', () => {
  const next = (stream: Awaited<ReturnType<typeof open>>) => stream.frames(1)

  test('of a member who is removed', async () => {
    const { member, owner } = (await makeOrganization('Left')).people
    const stream = await open({}, '', member.headers)
    await removePerson(owner.scope, member.userId)
    await createProject(owner.scope, { name: 'Not for them any more', providerMode: 'scripted' })
    expect(await next(stream)).toEqual([])
  })

  test('of somebody who signs out everywhere, in each of their organizations', async () => {
    const { member } = (await makeOrganization('Here')).people
    const there = await makeOrganization('There')
    await database().member.create({
      data: { organizationId: there.organizationId, userId: member.userId, role: 'viewer' },
    })
    const stream = await open({ 'orchestrator-organization': there.organizationId }, '', member.headers)
    await signOutEverywhere(member.scope)
    await createProject(there.people.owner.scope, { name: 'Later', providerMode: 'scripted' })
    expect(await next(stream)).toEqual([])
    // Signed in again, what ended the sessions before does not end this one.
    const again = await sessionHeaders(member.userId, { version: 2 })
    const back = await open({ 'orchestrator-organization': there.organizationId }, '?lastEventId=0', again)
    const types = (await back.frames(3)).map(({ data }) => data.type)
    expect(types.slice(-2)).toEqual(['member.signed-out-everywhere', 'project.created'])
    await back.close()
  })

  test('of a token that is revoked, and of no other', async () => {
    const { admin } = acme.people
    const { id, token } = await createApiToken(admin.scope, { name: 'x', scopes: ['read'], expiresInDays: null })
    const [ended, other] = await Promise.all([open({}, '', { authorization: `Bearer ${token}` }), open()])
    await revokeApiToken(admin.scope, id)
    await submit('After that.')
    expect(await next(ended)).toEqual([])
    expect((await other.frames(2)).map(({ data }) => data.type)).toEqual(['api-token.revoked', 'requirement.submitted'])
    await other.close()
  })
})

test.each([
  ['requirement.submitted', 'requirement_submitted'],
  ['task.finished', 'task_completed'],
  ['decision.raised', 'decision_needed'],
  ['task.started', 'status_update'],
  ['constructor', 'status_update'],
])('%s is called %s', (type, name) => expect(streamName(type)).toBe(name))

// Last: the process's one switch cannot be turned back.
test('streams end by themselves when the server stops', async () => {
  const stream = await open()
  beginShutdown()
  expect(await stream.ended()).toBe(true)
})
