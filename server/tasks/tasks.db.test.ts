import { expect, test } from 'vitest'
import { createTasks } from '#server/planner/commands'
import type { PlanContent } from '#server/planner/model'
import { database } from '#server/platform/database/client'
import { transaction } from '#server/platform/database/transaction'
import { learnDurations, recountPlan } from './commands'

function task(id: string, capability: 'code' | 'validation', dependsOn: string[] = []): PlanContent['tasks'][number] {
  const rest = { title: id, instructions: '', statements: [], owns: [], reads: [], acceptance: [], rationale: '' }
  return { ...rest, id, kind: 'implement', capability, dependsOn, risk: 'low' }
}

async function acceptedPlan(tasks: PlanContent['tasks']) {
  const organization = await database().organization.create({ data: { name: 'A', slug: crypto.randomUUID() } })
  const { id: organizationId } = organization
  const project = await database().project.create({
    data: { organizationId, name: 'P', slug: 'p', providerMode: 'scripted' },
  })
  const requirement = await database().requirement.create({
    data: { organizationId, projectId: project.id, number: 1, title: 'R', text: 'r', status: 'in_progress' },
  })
  const content: PlanContent = { summary: '', assumptions: [], questions: [], tasks }
  const plan = await database().plan.create({
    data: { organizationId, requirementId: requirement.id, revision: 1, status: 'accepted', summary: '', content },
  })
  await transaction((tx) => createTasks(tx, requirement, plan.id, content))
  return { organizationId, planId: plan.id }
}

const figures = (planId: string) =>
  database().task.findMany({
    where: { planId },
    orderBy: { position: 'asc' },
    select: { ref: true, rank: true, expectedMs: true, openDependencies: true, nextReason: true },
  })

test('an accepted plan has its ranks and open dependencies, and says what each task waits for', async () => {
  const { planId } = await acceptedPlan([
    task('T1', 'code'),
    task('T2', 'validation', ['T1']),
    task('T3', 'code', ['T1', 'T2', 'T2']),
  ])
  expect(await figures(planId)).toEqual([
    { ref: 'T1', rank: 690_000, expectedMs: 300_000, openDependencies: 0, nextReason: expect.stringMatching(/^Ready/) },
    { ref: 'T2', rank: 390_000, expectedMs: 90_000, openDependencies: 1, nextReason: 'Waits for T1.' },
    { ref: 'T3', rank: 300_000, expectedMs: 300_000, openDependencies: 2, nextReason: 'Waits for T1 and T2.' },
  ])
})

test('counting anew takes what was learned and what is done into account, and leaves what has ended alone', async () => {
  const { planId, organizationId } = await acceptedPlan([task('T1', 'code'), task('T2', 'code', ['T1'])])
  await database().task.updateMany({ where: { planId, ref: 'T1' }, data: { status: 'done' } })
  const times = Array.from({ length: 50 }, () => ({ capability: 'code', tookMs: 10_000 }))
  await transaction((tx) => learnDurations(tx, organizationId, times))
  await transaction((tx) => recountPlan(tx, planId))
  expect(await figures(planId)).toMatchObject([
    { ref: 'T1', rank: 600_000, openDependencies: 0 },
    { ref: 'T2', rank: 26_415, expectedMs: 26_415, openDependencies: 0 },
  ])
})
