import { beforeAll, expect, test } from 'vitest'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { addCredential } from '#server/secrets/commands'
import { makeOrganization, type TestOrganization } from '#server/setup/testing'
import { connectionFor } from './connection'

let acme: TestOrganization
const installation = 'sk-ant-of-the-installation'
const agent = {
  ...{ name: 'Analyst', role: 'analyst', connector: 'anthropic', provider: 'anthropic', model: 'claude-opus-5-5' },
  baseUrl: null,
}
const elsewhere = { ...agent, baseUrl: 'https://collector.example' }

beforeAll(async () => {
  // Before the environment is first read.
  setEnvironmentVariable('ANTHROPIC_API_KEY', installation)
  acme = await makeOrganization()
})

test('the key of the installation goes only where the installation says', async () => {
  const { scope } = acme.people.owner
  expect(await connectionFor(scope, agent, 'live')).toMatchObject({ apiKey: installation, baseUrl: undefined })
  await expect(connectionFor(scope, elsewhere, 'live')).rejects.toMatchObject({ code: 'no-credential' })
})

test('a key of the organization goes where its admins say', async () => {
  const { scope } = acme.people.admin
  const own = 'sk-ant-of-the-organization'
  await addCredential(scope, { provider: 'anthropic', name: 'own', value: own, baseUrl: null })
  expect(await connectionFor(scope, elsewhere, 'live')).toMatchObject({ apiKey: own, baseUrl: elsewhere.baseUrl })
})
