import { afterAll, beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { createProject } from '#server/projects/commands'
import { makeOrganization, type TestOrganization, tokenHeaders } from '#server/setup/testing'
import { handler } from '#server/trpc/handler'
import { createOrchestratorClient } from './orchestrator'

let acme: TestOrganization
/** How often a connection was made, and a way to cut the present one. */
let connections = 0
let cut = () => {}

beforeAll(async () => {
  acme = await makeOrganization()
})
afterAll(stopQueue)

/** The server without a socket: requests go to its handler, and streams can be cut as a network would. */
const send: typeof fetch = async (input, init) => {
  const response = await handler(new Request(input as string, init))
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response
  connections += 1
  const source = response.body?.getReader()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = await source?.read().catch(() => undefined)
      if (!chunk || chunk.done) controller.close()
      else controller.enqueue(chunk.value)
    },
    start: (controller) => {
      cut = () => {
        void source?.cancel()
        controller.error(new Error('connection lost'))
      }
    },
  })
  return new Response(body, response)
}

async function clientOf(scopes: ('read' | 'write')[]) {
  const { authorization = '' } = await tokenHeaders(acme.people.admin, scopes)
  return createOrchestratorClient({ url: 'http://localhost:3000', token: authorization.slice(7), fetch: send })
}

test('another program submits a requirement, typed, with dates as dates', async () => {
  const client = await clientOf(['write'])
  const { id, created } = await client.requirements.submit.mutate({
    projectId: acme.projectId,
    text: 'It counts words.',
  })
  expect(created).toBe(true)
  const [project] = await client.projects.list.query()
  expect(project?.createdAt).toBeInstanceOf(Date)
  expect(await database().requirement.count({ where: { id, organizationId: acme.organizationId } })).toBe(1)
})

test('a refusal arrives with its code, kind and sentence', async () => {
  const client = await clientOf(['read'])
  const submit = client.requirements.submit.mutate({ projectId: acme.projectId, text: 'x' })
  await expect(submit).rejects.toMatchObject({
    message: expect.stringContaining('needs the role member'),
    data: { code: 'role-too-low', kind: 'forbidden', httpStatus: 403 },
  })
  const input = client.projects.byId.query({ projectId: '' })
  await expect(input).rejects.toMatchObject({ data: { code: 'invalid-input', kind: 'invalid', httpStatus: 400 } })
})

test('a wrong token is refused in words', async () => {
  const client = createOrchestratorClient({ url: 'http://localhost:3000', token: 'orc_wrong', fetch: send })
  await expect(client.projects.list.query()).rejects.toMatchObject({ data: { code: 'token-invalid', httpStatus: 401 } })
})

test('the stream goes on after a lost connection: nothing missed, nothing twice', async () => {
  const client = await clientOf(['read'])
  const names: string[] = []
  let wake = () => {}
  const until = async (count: number) => {
    while (names.length < count) await new Promise<void>((resolve) => (wake = resolve))
  }
  const subscription = client.live.events.subscribe(undefined, {
    onData: (message) => {
      const data = 'data' in message ? message.data : message
      if (data.type === 'ready') names.push('ready')
      if (data.type === 'event') names.push((data.event.payload as { name: string }).name)
      wake()
    },
  })
  const create = (name: string) => createProject(acme.people.owner.scope, { name, providerMode: 'scripted' })
  await until(1)
  await create('one')
  await until(2)
  const before = connections
  cut()
  await create('two')
  await create('three')
  await until(5)
  subscription.unsubscribe()
  expect(connections).toBe(before + 1)
  expect(names).toEqual(['ready', 'one', 'ready', 'two', 'three'])
})
