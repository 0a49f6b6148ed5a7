import { afterAll, expect, test } from 'vitest'
import { stopHub } from '#server/platform/events/hub'
import { stopQueue } from '#server/platform/queue/queue'
import { createProject } from '#server/projects/commands'
import { removePerson } from '#server/setup/commands'
import { makeOrganization } from '#server/setup/testing'
import { createContext } from './context'
import { t } from './init'
import { appRouter } from './root'

afterAll(async () => {
  await stopHub()
  await stopQueue()
})

test('the stream of a browser ends when its person is removed, and asks the browser to come back', async () => {
  const { member, owner } = (await makeOrganization()).people
  const caller = t.createCallerFactory(appRouter)(await createContext(new Headers(member.headers)))
  const stream = (await caller.live.events())[Symbol.asyncIterator]()
  expect(await stream.next()).toMatchObject({ done: false, value: { 1: { type: 'ready' } } })
  const next = stream.next()
  await removePerson(owner.scope, member.userId)
  await createProject(owner.scope, { name: 'Not for them any more', providerMode: 'scripted' })
  await expect(next).rejects.toThrow('reconnect')
})
