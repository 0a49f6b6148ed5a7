import { afterAll, beforeAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { setEnvironmentVariable } from '#server/platform/env/inherited'
import { stopQueue } from '#server/platform/queue/queue'
import { learnDurations } from '#server/tasks/commands'
import { activeRuns, endRun, look, makeRequirement, makeSetting, type Setting, tasksOf } from './testing/setting'

beforeAll(() => {
  setEnvironmentVariable('OPENAI_API_KEY', 'not-called-here')
  setEnvironmentVariable('ANTHROPIC_API_KEY', 'not-called-here')
})
afterAll(stopQueue)

/** T1, which T2 and T3 build on, fails for good; the options that people are given. */
async function optionsOf(setting: Setting) {
  const draft = [{ id: 'T1' }, { id: 'T2', dependsOn: ['T1'] }, { id: 'T3', dependsOn: ['T1'] }, { id: 'T4' }]
  const id = await makeRequirement(setting, draft)
  await look(setting.scope, id)
  const { T1 } = await tasksOf(id)
  const run = (await activeRuns(id)).find(({ taskId }) => taskId === T1?.id)
  await endRun(setting.scope, run?.id as string, { status: 'failed', code: 'authentication' })
  await look(setting.scope, id)
  const decision = await database().decision.findFirstOrThrow({ where: { requirementId: id, taskId: T1?.id } })
  const options = decision.options as { id: string; costMicroUsd?: number; timeMs?: number }[]
  return options.map((option) => [option.id, option.costMicroUsd ?? null, option.timeMs ?? null])
}

/** A finished attempt whose turns cost this much. */
async function paid(
  setting: Setting,
  taskId: string,
  requirementId: string,
  purpose: string,
  costs: (number | null)[],
) {
  const { organizationId } = setting.scope
  const run = await database().run.create({
    data: {
      ...{ organizationId, projectId: setting.projectId, requirementId, taskId, agentId: setting.agents.coder },
      ...{ purpose, attempt: 1, providerMode: 'live', connector: 'openai', model: 'm', prompt: {}, status: 'finished' },
    },
  })
  for (const [index, costMicroUsd] of costs.entries()) {
    await database().turn.create({
      data: {
        ...{ runId: run.id, number: index + 1, requestHash: `${index}`, provider: 'openai', model: 'm', stop: 'end' },
        ...{ content: [], text: '', inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 },
        ...{ costMicroUsd, startedAt: new Date() },
      },
    })
  }
}

test('what the options of a question cost and take comes from what the organization’s work did; before that nothing is said', async () => {
  const setting = await makeSetting()
  await database().project.update({ where: { id: setting.projectId }, data: { providerMode: 'live' } })
  expect(await optionsOf(setting)).toEqual([
    ['retry', null, null],
    ['skip', null, null],
    ['cancel', null, null],
  ])

  const past = await makeRequirement(setting, [{ id: 'T1' }])
  const taskId = (await tasksOf(past)).T1?.id as string
  await paid(setting, taskId, past, 'implement', [100_000, 50_000])
  await paid(setting, taskId, past, 'implement', [90_000])
  await paid(setting, taskId, past, 'review', [10_000])
  // A turn without a price makes an attempt say nothing about money.
  await paid(setting, taskId, past, 'implement', [9_000_000, null])
  await database().task.update({ where: { id: taskId }, data: { status: 'done' } })
  const { organizationId } = setting.scope
  await transaction((tx) => learnDurations(tx, organizationId, [{ capability: 'code', tookMs: 400_000 }]))
  // 250,000 for two attempts; T1 to T3 are three tasks of the branch, and four are left in all. It is on the longest path.
  expect(await optionsOf(setting)).toEqual([
    ['retry', 125_000, 400_000],
    ['skip', -375_000, null],
    ['cancel', -500_000, null],
  ])

  await database().project.update({ where: { id: setting.projectId }, data: { providerMode: 'scripted' } })
  // Nothing is paid for scripted work; how long it takes is known all the same.
  expect(await optionsOf(setting)).toEqual([
    ['retry', null, 400_000],
    ['skip', null, null],
    ['cancel', null, null],
  ])
})
