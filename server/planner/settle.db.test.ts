import { afterAll, expect, test } from 'vitest'
import { database } from '#server/platform/database/client'
import { stopQueue } from '#server/platform/queue/queue'
import { makeRequirement, makeSetting, tasksOf } from '#server/scheduler/testing/setting'
import { changePlan } from './changes'
import { settleDueChanges } from './settle'

afterAll(stopQueue)

test('a change that can not be made final does not hold up those after it', async () => {
  const setting = await makeSetting()
  const ids = [await makeRequirement(setting, [{ id: 'T1' }]), await makeRequirement(setting, [{ id: 'T1' }])]
  for (const requirementId of ids) {
    const change = { kind: 'revise', changes: [{ kind: 'skip', task: 'T1' }] } as const
    await changePlan(setting.scope, { requirementId, change: { ...change, changes: [...change.changes] } })
  }
  const [broken, sound] = ids as [string, string]
  const past = (seconds: number) => new Date(Date.now() - seconds * 1000)
  await database().planChange.updateMany({
    where: { requirementId: broken },
    data: { touched: { tasks: null }, finalAt: past(20) },
  })
  await database().planChange.updateMany({ where: { requirementId: sound }, data: { finalAt: past(10) } })
  await settleDueChanges()
  expect((await tasksOf(sound)).T1?.status).toBe('cancelled')
  expect(await database().planChange.findFirstOrThrow({ where: { requirementId: sound } })).toMatchObject({
    state: 'final',
  })
})
