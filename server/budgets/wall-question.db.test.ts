import { afterAll, beforeAll, expect, test } from 'vitest'
import { findDecision, openDecisions } from '#server/decisions/queries'
import { raiseTestDecision } from '#server/decisions/testing'
import { database } from '#server/platform/database/client'
import { queue, stopQueue } from '#server/platform/queue/queue'
import { type BudgetScene, makeScene } from './testing'

beforeAll(async () => {
  await queue()
})
afterAll(stopQueue)

/** The question at the wall of the project's budget, with these runs standing still for it. */
async function wallOfProject(scene: BudgetScene, runs: string[]): Promise<string> {
  const draft = { kind: 'budget_wall', answerRole: 'admin', question: 'Raise it?' } as const
  const { id } = await raiseTestDecision(scene.people.owner.scope, scene.projectId, draft)
  await database().run.updateMany({ where: { id: { in: runs } }, data: { status: 'asking', waitsFor: id } })
  return id
}

const idsOf = (decisions: { id: string }[]) => decisions.map(({ id }) => id)

test('what a wider budget asks is listed where work waits for it, and nowhere else', async () => {
  const scene = await makeScene(1)
  const { scope } = scene.people.member
  const id = await wallOfProject(scene, scene.runs)
  const now = new Date()
  expect(idsOf(await openDecisions(scope, { requirementId: scene.requirementId }, now))).toEqual([id])
  expect(idsOf(await openDecisions(scope, { taskId: scene.taskId }, now))).toEqual([id])
  expect(await openDecisions(scope, { requirementId: scene.projectId }, now)).toEqual([])
  await database().run.updateMany({ where: { waitsFor: id }, data: { status: 'running', waitsFor: null } })
  expect(await openDecisions(scope, { requirementId: scene.requirementId }, now)).toEqual([])
})

test('it holds up the tasks whose runs wait, and the plans that cannot be made', async () => {
  const scene = await makeScene(2)
  const { scope } = scene.people.member
  const [ofTask, ofPlan] = scene.runs as [string, string]
  await database().run.update({ where: { id: ofPlan }, data: { taskId: null, purpose: 'plan' } })
  const id = await wallOfProject(scene, [ofTask])
  expect(await findDecision(scope, id)).toMatchObject({
    blockedTasks: 1,
    blockedPlans: 0,
    blocks: { tasks: 1, refs: ['T1'] },
    answerRole: 'admin',
    asked: false,
  })
  await database().run.update({ where: { id: ofPlan }, data: { status: 'asking', waitsFor: id } })
  expect(await findDecision(scope, id)).toMatchObject({ blockedTasks: 1, blockedPlans: 1 })
})
