import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAgent } from '#server/agents/commands'
import { setModelPrice } from '#server/budgets/commands'
import { database } from '#server/platform/database/client'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { stopQueue } from '#server/platform/queue/queue'
import { look, makeRequirement, makeSetting, tasksOf } from './testing/setting'

beforeAll(() => setEnvironmentVariable('OPENAI_API_KEY', 'not-called-here'))
afterAll(stopQueue)

test('agents that are alike are chosen by the prices an admin set, and by the list where none is set', async () => {
  const setting = await makeSetting()
  const { scope, projectId } = setting
  await database().project.update({ where: { id: projectId }, data: { providerMode: 'live' } })
  const first = await database().agent.findUniqueOrThrow({ where: { id: setting.agents.coder } })
  const other = { ...first, name: 'Another', model: 'gpt-6.1-sol', instructions: '' }
  await createAgent(scope, other as unknown as Parameters<typeof createAgent>[1])
  await database().agent.update({ where: { id: first.id }, data: { model: 'model-of-our-own' } })
  const chosen = async () => {
    const id = await makeRequirement(setting, [{ id: 'T1' }])
    await look(scope, id)
    const { T1 } = await tasksOf(id)
    await database().run.updateMany({ where: { requirementId: id }, data: { status: 'cancelled' } })
    const { agentName, candidates } = (T1 as { assignment: unknown }).assignment as {
      agentName: string
      candidates: { name: string; facts: string[] }[]
    }
    const priceOf = (name: string) => candidates.find((candidate) => candidate.name === name)?.facts[2]
    return [agentName, priceOf('Implementer'), priceOf('Another')]
  }
  const price = (model: string, dollars: number) =>
    setModelPrice(scope, { model, input: dollars, output: dollars, cacheRead: dollars, cacheWrite: dollars })
  const listed = (await chosen())[2]
  expect(listed).toMatch(/^\$[\d.]+ per million output tokens$/)
  await price('model-of-our-own', 0.5)
  expect(await chosen()).toEqual(['Implementer', '$0.5 per million output tokens', listed])
  await price('model-of-our-own', 500)
  expect(await chosen()).toEqual(['Another', '$500 per million output tokens', listed])
  await price('gpt-6.1-sol', 900)
  expect(await chosen()).toEqual(['Implementer', '$500 per million output tokens', '$900 per million output tokens'])
})
