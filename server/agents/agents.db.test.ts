import { beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { allowLocalAddresses } from '#server/secrets/commands'
import { defaultAgents } from '#server/setup/rules'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { changeAgent, createAgent, setAgentEnabled } from './commands'
import { findAgent, listAgents } from './queries'

let acme: TestOrganization
const draft = {
  name: 'Local',
  role: 'custom' as const,
  capabilities: ['code' as const],
  connector: 'compatible' as const,
  provider: 'compatible' as const,
  model: 'qwen',
  baseUrl: 'http://127.0.0.1:11434/v1',
}

beforeAll(async () => {
  acme = await makeOrganization()
})

test('the default agents cover every capability and let another model check what the implementer made', () => {
  const offered = new Set(defaultAgents.flatMap((agent) => agent.capabilities))
  expect(offered).toEqual(new Set(['analysis', 'code', 'validation', 'integration', 'reasoning']))
  const [coder, checker] = ['implementer', 'validator'].map((role) => defaultAgents.find((one) => one.role === role))
  expect(coder?.connector).not.toBe(checker?.connector)
})

test('an address on this machine is refused until an admin allows it', async () => {
  const scope = acme.people.admin.scope
  await expect(createAgent(scope, draft)).rejects.toMatchObject({ code: 'private-address' })
  await allowLocalAddresses(scope, true)
})

test('an agent is made, changed, disabled and enabled, each with its event', async () => {
  const scope = acme.people.admin.scope
  const made = await createAgent(scope, draft)
  expect(made).toMatchObject({ enabled: true, maxTurns: 40, baseUrl: draft.baseUrl })
  await changeAgent(scope, { agentId: made.id, model: 'qwen-2', maxTurns: 40 })
  await setAgentEnabled(scope, made.id, false)
  await setAgentEnabled(scope, made.id, false)
  await setAgentEnabled(scope, made.id, true)
  expect(await findAgent(scope, made.id)).toMatchObject({ model: 'qwen-2', enabled: true, name: 'Local' })
  const events = await database().event.findMany({
    where: { organizationId: acme.organizationId, type: { startsWith: 'agent.' } },
    orderBy: { sequence: 'asc' },
  })
  expect(events.map((event) => event.type)).toEqual([
    'agent.created',
    'agent.changed',
    'agent.disabled',
    'agent.enabled',
  ])
  expect(events[1]?.payload).toMatchObject({ changed: ['model'] })
})

test('refused: a taken name in any case, a wire that cannot carry the key, a scripted model, a limit out of range', async () => {
  const scope = acme.people.admin.scope
  await expect(createAgent(scope, { ...draft, name: 'LOCAL' })).rejects.toMatchObject({ code: 'name-taken' })
  await expect(createAgent(scope, { ...draft, name: 'A', connector: 'openai' })).rejects.toMatchObject({
    code: 'connector-mismatch',
  })
  await expect(createAgent(scope, { ...draft, name: 'B', model: 'scripted-analyst' })).rejects.toThrow(
    'scripted provider',
  )
  await expect(createAgent(scope, { ...draft, name: 'C', maxTurns: 0 })).rejects.toThrow()
  const [agent] = await listAgents(scope)
  await expect(changeAgent(scope, { agentId: agent?.id ?? '', provider: 'anthropic' })).rejects.toMatchObject({
    code: 'connector-mismatch',
  })
})

test('another organization finds none of them', async () => {
  const other = await makeOrganization('Other')
  const [agent] = await listAgents(acme.people.viewer.scope)
  const agentId = agent?.id ?? ''
  expect(await listAgents(other.people.owner.scope)).toEqual([])
  const theirs = other.people.owner.scope
  await expect(findAgent(theirs, agentId)).rejects.toMatchObject({ code: 'agent-not-found' })
  await expect(changeAgent(theirs, { agentId, name: 'Mine' })).rejects.toMatchObject({ code: 'agent-not-found' })
  await expect(setAgentEnabled(theirs, agentId, false)).rejects.toMatchObject({ code: 'agent-not-found' })
})
